// `kafkalite serve` as a process of its own, the way a shell or a supervisor runs it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TSX = ['--import', 'tsx', '--conditions', 'node']

interface Served {
  readonly child: ChildProcess
  readonly line: string
  readonly address: string
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<{ code: number | null; stdout: string; stderr: string }> } {
  const child = spawn(process.execPath, [...TSX, join(ROOT, 'src/cli/main.ts'), ...args], { cwd: ROOT })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)))
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  )
  return { child, ended }
}

async function serve(...args: readonly string[]): Promise<Served> {
  const { child, ended } = start(['serve', '--listen', '127.0.0.1:0', ...args])
  const line = await Promise.race([
    new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk)))),
    ended.then(({ stderr }) => Promise.reject(new Error(`It ended: ${stderr}`))),
  ])
  return { child, line, address: line.trim().split(' ').at(-1) ?? '' }
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  child.kill(signal)
  return ended
}

const refused = async (...args: readonly string[]): Promise<{ code: number | null; stderr: string }> => {
  const { code, stderr } = await start(args).ended
  return { code, stderr: stderr.trim() }
}

const kafkaAt = (address: string): Kafka => new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'kafkalite-serve-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('says one line when clients can connect, and ends cleanly when it is told to', async () => {
  const { child, line, address } = await serve('--topic', 'orders:3', '--set', 'num.partitions=4')
  expect(line).toMatch(/^kafkalite listening on 127\.0\.0\.1:\d+\n$/)
  const admin = kafkaAt(address).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'mails' }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: ['orders', 'mails'] })
  expect(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))).toEqual({ orders: 3, mails: 4 })
  await admin.disconnect()
  expect(await end(child, 'SIGTERM')).toBe(0)
})

test('keeps what was written, and the id of the cluster, in its folder', async () => {
  const data = folder()
  const first = await serve('--data', data, '--flush', 'always')
  const producer = kafkaAt(first.address).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: 'kept' }] })
  await producer.disconnect()
  const clusterId = async (address: string): Promise<unknown> => {
    const admin = kafkaAt(address).admin()
    await admin.connect()
    const described = [(await admin.describeCluster()).clusterId, await admin.fetchTopicOffsets('orders')]
    await admin.disconnect()
    return described
  }
  const before = await clusterId(first.address)
  expect(await end(first.child, 'SIGINT')).toBe(0)
  const second = await serve('--data', data)
  expect(await clusterId(second.address)).toEqual(before)
  const other = await refused('serve', '--listen', '127.0.0.1:0', '--data', data)
  expect(other.code).toBe(1)
  expect(other.stderr).toMatch(/^kafkalite: [^\n]*another/i)
  expect(await end(second.child, 'SIGTERM')).toBe(0)
})

test('says in one line what is wrong, and does not begin', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const wrong: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['serve', '--listen', `127.0.0.1:${port}`], 1, /Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/],
    [['serve', '--set', 'num.partitons=4'], 2, /no broker config "num\.partitons" here; did you mean num\.partitions\?/],
    [['serve', '--set', 'num.partitions=many'], 2, /num\.partitions must be a number/],
    [['serve', '--lisen', '9092'], 2, /did you mean --listen\?/],
    [['serve', '--listen', '0.0.0.0:0'], 2, /--users FILE.*--allow-anonymous/],
    [['serve', '--flush', 'never'], 2, /flush/],
    [['server'], 2, /no command "server"/],
  ]
  for (const [args, code, says] of wrong) {
    const { code: actual, stderr } = await refused(...args)
    expect([args, actual, stderr.split('\n').length]).toEqual([args, code, 1])
    expect(stderr).toMatch(says)
  }
})
