// The servers that the same clients are put to: kafkalite as a program of its own, in memory and on files, and Apache Kafka. Each is
// started in a folder of its own, can be killed and started again, and says how much memory it has.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { KafkaNode } from '../../kafka/kafka-node.js'
import { run, SCRIPTS } from '../../kafka/tools.js'

const COMMAND = fileURLToPath(new URL('../../../dist/cli.cjs', import.meta.url))

export interface Server {
  readonly address: string
  /** Bytes of memory that the process has. */
  residentBytes(): number
  /** Ends it in order. */
  stop(): Promise<void>
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  /** Whether it has its records still after it was killed. */
  readonly keeps: boolean
  /** What its folder needs once before the first start, which is not measured. */
  prepare?(folder: string): Promise<unknown>
  start(folder: string): Promise<Server>
}

function residentBytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} tells no VmRSS`)
  return Number(kibibytes) * 1024
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function serve(args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--listen', '127.0.0.1:0', '--auto-create', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let told = ''
    child.once('exit', (code) => reject(new Error(`kafkalite did not start: exit code ${code}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
      const ready = /listening on (\S+)\n/.exec(told)?.[1]
      if (ready !== undefined) resolve(ready)
    })
  })
  return {
    address,
    residentBytes: () => residentBytes(child.pid ?? 0),
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

export const inMemory: ServerKind = { name: 'kafkalite in memory', keeps: false, start: () => serve([]) }

export const onFiles: ServerKind = { name: 'kafkalite on files', keeps: true, start: (folder) => serve(['--data', `${folder}/data`]) }

/** With the heap and the collector that Kafka's own start script gives it. */
export const kafka = (tools: string): ServerKind => ({
  name: 'Apache Kafka',
  keeps: true,
  prepare: (folder) => run('env', ['KAFKA_FORMAT_ONLY=1', `${SCRIPTS}start.sh`, tools, folder, '0', '0']),
  start: async (folder) => {
    const node = await KafkaNode.start(tools, folder)
    return {
      address: node.address,
      residentBytes: () => residentBytes(node.pid),
      stop: () => node.stop(),
      kill: () => node.kill(),
    }
  },
})
