// What must hold when the disk is full: what was acknowledged stays, what was refused is nowhere, reading goes on, and whatever makes room
// (deleting records or a topic, acknowledging messages) works without room and lets writing go on. After each case the folder is opened again.

import assert from 'node:assert/strict'
import { Broker } from '../../src/broker.js'
import type { Message } from '../../src/client/message.js'
import type { Producer } from '../../src/client/producer.js'
import { KafkaliteError } from '../../src/errors.js'
import type { FileStorage } from '../../src/storage/file/file-storage.js'

export const DISK_BYTES = 4 * 1024 * 1024
const VALUE = 'v'.repeat(2000)
/** So large that the room in reserve is good for the acknowledgements of a whole segment. */
const LARGE = VALUE.repeat(4)
const SENDS_MAX = (10 * DISK_BYTES) / VALUE.length
const SEGMENT_BYTES = 1_048_576

export type Flush = 'always' | 'os'

/** A small disk with nothing on it. */
export interface SmallDisk {
  storage(): FileStorage
}

interface Case {
  readonly disk: SmallDisk
  readonly flush: Flush
  readonly broker: Broker
}

/** Says what it measured. */
type Run = (full: Case) => Promise<string>

/** Does it until there is no room, and answers how often it went well. Throws when it fails in another way. */
async function untilFull(send: (n: number) => Promise<unknown>): Promise<number> {
  for (let n = 0; n < SENDS_MAX; n++) {
    try {
      await send(n)
    } catch (error) {
      assert.ok(KafkaliteError.is(error, 'DISK_FULL') && error.retriable, `expected DISK_FULL, got ${String(error)}`)
      return n
    }
  }
  return assert.fail('the disk never became full')
}

async function fill(producer: Producer, topic: string): Promise<number[]> {
  const offsets: number[] = []
  await untilFull(async (n) => offsets.push((await producer.send(topic, { value: `${n} ${VALUE}` })).offset))
  return offsets
}

async function offsetsOf(broker: Broker, name: string): Promise<number[]> {
  const offsets: number[] = []
  const topic = await broker.topic(name)
  for await (const { offset, value } of topic.read({ from: 'earliest', to: 'end', isolation: 'read_committed' })) {
    assert.ok(value?.endsWith(VALUE), `${name} holds ${value?.slice(0, 40)} at ${offset}`)
    offsets.push(offset)
  }
  return offsets
}

type Look = (broker: Broker) => Promise<void>

async function again(full: Case, look: Look): Promise<void> {
  await full.broker.close()
  await reopen(full, look)
}

async function reopen({ disk, flush }: Case, look: Look): Promise<void> {
  const next = await Broker.open({ storage: disk.storage(), flush })
  await look(next)
  await next.close()
}

const records: Run = async (full) => {
  const { broker } = full
  const topic = await broker.topic('orders', { segmentBytes: SEGMENT_BYTES })
  const first = await fill(broker.producer(), 'orders')
  assert.ok(first.length > 100)
  assert.deepEqual(await offsetsOf(broker, 'orders'), first)
  await assert.rejects(broker.producer().send('orders', { value: VALUE }), { code: 'DISK_FULL' })
  await topic.partition(0).deleteRecords(-1)
  const second = await fill(broker.producer(), 'orders')
  assert.ok(second.length > first.length / 4, `after a deletion ${second.length} records went in, before ${first.length}`)
  assert.deepEqual(await offsetsOf(broker, 'orders'), second)
  const middle = second.length >> 1
  await topic.partition(0).deleteRecords(second[middle] as number)
  await again(full, async (next) => assert.deepEqual(await offsetsOf(next, 'orders'), second.slice(middle)))
  return `${first.length} records went in, and after a deletion ${second.length} more`
}

const topics: Run = async (full) => {
  const { broker } = full
  await broker.topic('kept', { segmentBytes: SEGMENT_BYTES })
  await broker.topic('filler', { segmentBytes: SEGMENT_BYTES })
  const kept: number[] = []
  for (let n = 0; n < 50; n++) kept.push((await broker.producer().send('kept', { value: `${n} ${VALUE}` })).offset)
  const filler = await fill(broker.producer(), 'filler')
  await broker.deleteTopic('filler')
  const more = await fill(broker.producer(), 'kept')
  assert.ok(more.length > filler.length / 2, `after the deletion of ${filler.length} records ${more.length} went in`)
  await again(full, async (next) => {
    assert.deepEqual(await offsetsOf(next, 'kept'), [...kept, ...more])
    assert.deepEqual(
      (await next.topics()).filter(({ internal }) => !internal).map(({ name }) => name),
      ['kept'],
    )
  })
  return `${filler.length} records went with their topic, and ${more.length} others went in`
}

const queue: Run = async (full) => {
  const { broker } = full
  const options = { lockMs: 600_000, segmentBytes: SEGMENT_BYTES }
  const jobs = await broker.queue<string>('jobs', options)
  const sent: string[] = []
  await untilFull(async (n) => {
    await jobs.send({ value: `${n} ${LARGE}` })
    sent.push(`${n} ${LARGE}`)
  })
  const messages = await jobs.receive({ max: 100, timeoutMs: 0 })
  assert.ok(messages.every(({ value }) => sent.includes(value)))
  const done = messages.slice(0, 20)
  for (const message of done) await message.acknowledge()
  const left = new Set(sent)
  for (const { value } of done) left.delete(value)
  let more = 0
  await again(full, async (next) => {
    const reopened = await next.queue<string>('jobs', options)
    const found: Message<string>[] = []
    for (;;) {
      const some = await reopened.receive({ max: 1000, timeoutMs: 0 })
      if (some.length === 0) break
      found.push(...some)
    }
    assert.deepEqual(found.map(({ value }) => value).sort(), [...left].sort())
    // The rest of the first segment: what is finished goes.
    for (const message of found.slice(0, 130)) await message.acknowledge()
  })
  await reopen(full, async (next) => {
    const roomy = await next.queue<string>('jobs', options)
    more = await untilFull((n) => roomy.send({ value: `${n} ${LARGE}` }))
  })
  assert.ok(more > 50, `when 150 were acknowledged ${more} more went in`)
  return `${sent.length} messages went in, ${done.length} were acknowledged without room, and after 130 others ${more} more went in`
}

const transaction: Run = async (full) => {
  const { broker } = full
  await broker.topic('orders', { segmentBytes: SEGMENT_BYTES })
  await broker.topic('other', { segmentBytes: SEGMENT_BYTES })
  const payer = broker.producer({ transactionalId: 'payer' })
  let committed = 0
  let inside = 0
  const pay = async (): Promise<void> => {
    await payer.transaction((tx) => tx.send('orders', { value: VALUE }))
    committed++
  }
  await pay()
  await assert.rejects(
    payer.transaction(async (tx) => {
      for (; inside < SENDS_MAX; inside++) {
        await tx.send('other', { value: VALUE })
        await tx.send('orders', { value: VALUE })
      }
    }),
    { code: 'DISK_FULL' },
  )
  assert.equal((await offsetsOf(broker, 'orders')).length, committed)
  await broker.deleteTopic('other')
  await pay()
  await again(full, async (next) => assert.equal((await offsetsOf(next, 'orders')).length, committed))
  return `${inside} times two records went into a transaction that had no room for more`
}

const compaction: Run = async (full) => {
  const { broker } = full
  const topic = await broker.topic('states', { segmentBytes: SEGMENT_BYTES, cleanupPolicy: 'compact', minCleanableDirtyRatio: 0.99 })
  await broker.topic('filler', { segmentBytes: SEGMENT_BYTES })
  const producer = broker.producer()
  const states = new Map<string, number>()
  // Of each segment half is the last of its key, so each needs room to be rewritten.
  for (let n = 0; n < 600; n++) {
    const key = n % 2 === 0 ? 'same' : `k${n}`
    states.set(key, (await producer.send('states', { key, value: `${n} ${VALUE}` })).offset)
  }
  await fill(producer, 'filler')
  const refusal = await topic.cleanUp().then(
    () => null,
    (error: unknown) => error,
  )
  assert.ok(refusal === null || KafkaliteError.is(refusal, 'DISK_FULL'), `compaction failed with ${String(refusal)}`)
  const latest = async (from: Broker): Promise<void> => {
    const found = new Set(await offsetsOf(from, 'states'))
    for (const [key, offset] of states) assert.ok(found.has(offset), `the last record of ${key}, at ${offset}, is gone`)
  }
  await latest(broker)
  await broker.deleteTopic('filler')
  await topic.cleanUp()
  assert.equal((await offsetsOf(broker, 'states')).length, states.size)
  states.set('same', (await producer.send('states', { key: 'same', value: VALUE })).offset)
  await again(full, latest)
  return refusal === null ? 'compaction found room' : 'compaction was refused, and done when there was room'
}

export const CASES = { records, topics, queue, transaction, compaction }
export type CaseName = keyof typeof CASES

/** Answers what was measured. Throws when a promise was broken. */
export async function fillDisk(disk: SmallDisk, name: CaseName, flush: Flush): Promise<string> {
  const broker = await Broker.open({ storage: disk.storage(), flush })
  return CASES[name]({ disk, flush, broker })
}
