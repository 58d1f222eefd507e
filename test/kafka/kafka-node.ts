// One node of Apache Kafka for a test: started on free ports of loopback, stopped in order or killed, and asked through its own tools.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { java, SCRIPTS } from './tools.js'

export class KafkaNode {
  private constructor(
    private readonly tools: string,
    readonly folder: string,
    readonly address: string,
    private readonly script: ChildProcess,
    readonly pid: number,
  ) {}

  /** @param folder its files are in `data` below it; one that was used before is used again */
  static async start(tools: string, folder: string, properties: readonly string[] = []): Promise<KafkaNode> {
    const [port, controllerPort] = [await freePort(), await freePort()]
    const script = spawn(`${SCRIPTS}start.sh`, [tools, folder, String(port), String(controllerPort), ...properties], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const pid = await new Promise<number>((resolve, reject) => {
      script.once('exit', (code) => reject(new Error(`Kafka did not start: exit code ${code}`)))
      script.stdout.once('data', (line: Buffer) => resolve(Number(/ready (\d+)/.exec(line.toString())?.[1])))
    })
    return new KafkaNode(tools, folder, `127.0.0.1:${port}`, script, pid)
  }

  /** The log folder of a partition. */
  log(name: string): string {
    return `${this.folder}/data/${name}`
  }

  async createTopic(name: string, configs: Readonly<Record<string, string | number>> = {}, partitions = 1): Promise<void> {
    const given = Object.entries(configs).flatMap(([key, value]) => ['--config', `${key}=${value}`])
    await this.command('TopicCommand', ['--create', '--topic', name, '--partitions', String(partitions), ...given])
  }

  /** A command-line tool of Kafka that talks to this node. */
  command(main: string, args: readonly string[]): Promise<string> {
    return java(this.tools, `org.apache.kafka.tools.${main}`, ['--bootstrap-server', this.address, ...args])
  }

  /** Stops in order, as a service manager would. */
  async stop(): Promise<void> {
    const gone = this.exit()
    this.script.stdin?.end()
    await gone
  }

  /** Dies as in a crash. */
  async kill(): Promise<void> {
    const gone = this.exit()
    process.kill(this.pid, 'SIGKILL')
    this.script.stdin?.end()
    await gone
  }

  private exit(): Promise<unknown> {
    return this.script.exitCode !== null ? Promise.resolve() : new Promise((resolve) => this.script.once('exit', resolve))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
