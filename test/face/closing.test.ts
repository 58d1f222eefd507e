// Closing leaves nothing behind, and an idle broker keeps no process alive.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Broker, KafkaliteError, MemoryStorage } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

const run = promisify(execFile)
const ENTRY = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')

/** Uses every kind of client, and leaves all of them open. */
async function useEverything(broker: Broker): Promise<void> {
  const topic = await broker.topic('t', { partitions: 2 })
  await topic.send([{ value: 'a' }, { value: 'b' }])
  const lingering = broker.producer({ lingerMs: 60_000 })
  lingering.write(topic, { value: 'c' })
  const consumer = topic.consumer({ groupId: 'g', from: 'earliest' })
  await consumer.run(() => undefined)
  await broker.group('g').ready()
  const reading = topic.read()
  await reading.ready()
  const queue = await broker.queue('q')
  await queue.process(() => undefined)
  await queue.send({ value: 1, delayMs: 60_000 })
}

test('after close no timer is set, whatever was open', async () => {
  const clock = new VirtualClock()
  const broker = await Broker.open({ clock })
  await useEverything(broker)
  expect(clock.pending).toBeGreaterThan(0)
  await broker.close()
  expect(clock.pending).toBe(0)
})

/** Runs a program in a process of its own, where no timer of a test runner is counted, and returns what it prints. */
async function runProgram(program: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--import', TSX, '--input-type=module', '--eval', program], { timeout: 30_000 })
  return stdout.trim()
}

test.each([
  ['memory', 'new MemoryStorage()'],
  ['files', 'new FileStorage(folder)'],
])(
  'after close the process has the resources it had before: %s',
  async (_name, storage) => {
    const folder = mkdtempSync(join(tmpdir(), 'kafkalite-closing-'))
    const program = `
    import { Broker, FileStorage, MemoryStorage } from ${JSON.stringify(ENTRY)}
    const folder = ${JSON.stringify(folder)}
    const useEverything = ${useEverything.toString()}
    const resources = () => process.getActiveResourcesInfo().sort()
    const before = resources()
    const broker = await Broker.open({ storage: ${storage}, flush: 'interval' })
    await useEverything(broker)
    await broker.close()
    // What the loader of the program still does ends by itself, and a file operation is listed until the turn that reports it is over.
    // What is left over for good is there after any number of turns.
    let left
    for (let turn = 0; turn < 100_000; turn++) {
      await new Promise(setImmediate)
      left = resources()
      for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1)
      if (left.length === 0) break
    }
    console.log(left.length === 0 ? 'the same' : 'left over: ' + left.join())
  `
    expect(await runProgram(program)).toBe('the same')
    rmSync(folder, { recursive: true })
  },
  40_000,
)

test('what was written and not yet sent is sent by close', async () => {
  const storage = new MemoryStorage()
  const broker = await Broker.open({ storage })
  const topic = await broker.topic('t')
  const producer = broker.producer({ lingerMs: 60_000 })
  const sent = producer.send(topic, { value: 'a' })
  await broker.close()
  expect((await sent).offset).toBe(0)
})

test('close is idempotent, tells its listeners once, and everything says CLOSED afterwards', async () => {
  const broker = await Broker.open()
  const topic = await broker.topic('t')
  let closed = 0
  broker.on('closed', () => closed++)
  await Promise.all([broker.close(), broker.close()])
  await broker.close()
  expect(closed).toBe(1)
  const calls = [
    () => topic.send({ value: 'a' }),
    () => broker.topic('u'),
    () => broker.topics(),
    () => broker.queue('q'),
    async () => broker.producer(),
    async () => broker.consumer(),
    async () => topic.read(),
  ]
  for (const call of calls) {
    const error: unknown = await call().then(
      () => 'resolved',
      (reason: unknown) => reason,
    )
    expect(KafkaliteError.is(error, 'CLOSED'), `${String(call)}: ${String(error)}`).toBe(true)
  }
})

test('a reading without an end ends when the broker closes, one with an end says that it was cut short', async () => {
  const broker = await Broker.open()
  const topic = await broker.topic('t')
  const endless = topic.read()[Symbol.asyncIterator]().next()
  const limited = topic.read({ limit: 5 })[Symbol.asyncIterator]().next()
  const outcomes = Promise.allSettled([endless, limited])
  await broker.close()
  expect(await outcomes).toMatchObject([
    { status: 'fulfilled', value: { done: true } },
    { status: 'rejected', reason: { code: 'CLOSED' } },
  ])
})

test('one storage belongs to one broker at a time', async () => {
  const storage = new MemoryStorage()
  const first = await Broker.open({ storage })
  const error: unknown = await Broker.open({ storage }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'STORAGE_LOCKED' })
  await first.close()
})

test('a program that leaves an idle broker open ends by itself', async () => {
  const program = `
    import { Broker } from ${JSON.stringify(ENTRY)}
    const broker = await Broker.open({ flush: 'interval' })
    const topic = await broker.topic('t')
    await topic.send({ value: 'a' })
    await topic.consumer({ groupId: 'g' }).run(() => undefined)
    await (await broker.queue('q')).process(() => undefined)
    topic.read().ready()
    broker.producer({ lingerMs: 600000 })
    console.log('left open')
  `
  expect(await runProgram(program)).toBe('left open')
}, 40_000)
