// kafkalite reads what a node of Apache Kafka wrote: the folders of its topics, copied when it had stopped in order and when it was
// killed, hold for kafkalite what Kafka's console consumer was given and what Kafka's dump tool prints.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker, FileStorage } from 'kafkalite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { consume, endOffsets } from './console-consumer.js'
import { dumpLog, filesOf } from './dump-log.js'
import { KafkaNode } from './kafka-node.js'
import { type JsRecord, withProducer } from './kafkajs.js'
import { batchesOf, readable, type ReadableRecord } from './readable-record.js'

const tools = inject('kafkaTools')
const root = fs.mkdtempSync(join(tmpdir(), 'kafkalite-reads-'))
const START = 1_700_000_000_000
/** Segments begin when the time of the records has moved on by this. */
const ROLLING = { 'segment.ms': 1000, 'retention.ms': -1 }
const LOGS = ['plain-0', 'packed-0', 'packed-1', 'accounts-0', 'stamped-0', 'untouched-0']

function messages(count: number, from = 0): JsRecord[] {
  return Array.from({ length: count }, (_, n): JsRecord => {
    const i = from + n
    return {
      key: i % 3 === 0 ? null : `key${i % 40}`,
      value: i % 7 === 0 ? null : `value ${i} ${'ü€𝄞'.repeat(i % 90)}`,
      timestamp: String(START + i),
      ...(i % 4 === 0 ? {} : { headers: { first: `of ${i}`, second: 'é' } }),
    }
  })
}

async function fillNode(node: KafkaNode): Promise<void> {
  await node.createTopic('plain', ROLLING)
  await node.createTopic('packed', ROLLING, 2)
  await node.createTopic('accounts', { 'retention.ms': -1 })
  await node.createTopic('stamped', { 'message.timestamp.type': 'LogAppendTime' })
  await node.createTopic('untouched')
  await withProducer(tools, node.address, { idempotent: true }, async (producer) => {
    for (let n = 0; n < 6000; n += 60) await producer.send({ topic: 'plain', messages: messages(60, n) })
    for (let n = 0; n < 6000; n += 60) await producer.send({ topic: 'packed', compression: 1, messages: messages(60, n) })
    await producer.send({ topic: 'stamped', messages: messages(100) })
  })
  await withProducer(tools, node.address, { idempotent: true, transactionalId: 'teller', maxInFlightRequests: 1 }, async (producer) => {
    for (let n = 0; n < 12; n++) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'accounts', messages: messages(10, n * 10) })
      await transaction.send({ topic: 'accounts', compression: 1, messages: messages(5, n * 10) })
      await (n % 3 === 2 ? transaction.abort() : transaction.commit())
    }
  })
}

/** The folders of the topics alone, as one would copy them. */
function copyLogs(node: KafkaNode, to: string): string {
  for (const log of LOGS) fs.cpSync(node.log(log), join(to, log), { recursive: true })
  return to
}

const consumed = new Map<string, ReadableRecord[]>()
let committed: ReadableRecord[]
let ends: ReadonlyMap<string, number>
const copies = { killed: join(root, 'killed'), stopped: join(root, 'stopped') }

beforeAll(async () => {
  const place = join(root, 'kafka')
  let node = await KafkaNode.start(tools, place)
  await fillNode(node)
  ends = await endOffsets(node)
  await node.kill()
  copyLogs(node, copies.killed)
  node = await KafkaNode.start(tools, place)
  for (const log of LOGS) {
    const [topic = '', partition] = log.split('-')
    // The tool itself fails on the index of an empty log while the node runs.
    const { records } = await dumpLog(tools, node.log(log), { endings: ['.log'] })
    consumed.set(log, await consume(node, { topic, partition: Number(partition), count: records.length }))
  }
  committed = await consume(node, { topic: 'accounts', count: 8 * 15, isolation: 'read_committed' })
  await node.stop()
  copyLogs(node, copies.stopped)
})
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

describe.each(Object.entries(copies))('of a node of Kafka that was %s, kafkalite reads', (_, folder) => {
  test.each(LOGS)('every record of %s', async (log) => {
    const batches = await batchesOf(copyOf(folder), log)
    expect(readable(batches)).toEqual(consumed.get(log))
    expect((batches.at(-1)?.lastOffset ?? -1) + 1).toBe(ends.get(log))
  })

  test('the marks of transactions as control batches, at the offsets where Kafka has them', async () => {
    const dump = await dumpLog(tools, join(folder, 'accounts-0'))
    const batches = await batchesOf(copyOf(folder), 'accounts-0')
    expect(dump.markers).toHaveLength(12)
    expect(batches.filter(({ isControl }) => isControl).map(({ baseOffset }) => baseOffset)).toEqual(
      dump.batches.filter(({ isControl }) => isControl).map(({ baseOffset }) => baseOffset),
    )
  })

  test('the folders into topics of a broker, which goes on behind what is there', async () => {
    const place = copyOf(folder)
    const broker = await Broker.open({ storage: new FileStorage(place) })
    const topics = await broker.topics()
    expect(topics.map(({ name, partitions }) => `${name} ${partitions}`).sort()).toEqual(['accounts 1', 'packed 2', 'plain 1', 'stamped 1'])
    const plain = await broker.topic('plain')
    const { offset } = await plain.send({ key: 'next', value: 'of kafkalite' })
    expect(offset).toBe(ends.get('plain-0'))
    await broker.close()
    const dump = await dumpLog(tools, join(place, 'plain-0'))
    expect(dump.complaints).toEqual([])
    expect(dump.records.at(-1)).toMatchObject({ offset, key: 'next', value: 'of kafkalite' })
    expect(dump.records).toHaveLength((consumed.get('plain-0') ?? []).length + 1)
  })

  test('and leaves alone what it has no use for', async () => {
    const place = copyOf(folder)
    const others = LOGS.flatMap((log) => filesOf(join(place, log), ['metadata']))
    const before = others.map((path) => [path, fs.readFileSync(path, 'hex')])
    const broker = await Broker.open({ storage: new FileStorage(place) })
    await broker.close()
    expect(before).toHaveLength(LOGS.length)
    expect(others.map((path) => [path, fs.readFileSync(path, 'hex')])).toEqual(before)
  })
})

describe('what a partition remembers of its producers', () => {
  const ours = ['.snapshot', '.txnindex']

  test.each(['accounts-0', 'plain-0'])('of %s is made from the log byte for byte as Kafka made it', async (log) => {
    const place = copyOf(copies.stopped)
    const theirs = filesOf(join(place, log), ours).filter((path) => !path.endsWith('.snapshot') || offsetOf(path) === ends.get(log))
    const expected = theirs.map((path) => [path, fs.readFileSync(path, 'hex')])
    for (const path of filesOf(join(place, log), ours)) fs.rmSync(path)
    const broker = await Broker.open({ storage: new FileStorage(place) })
    await broker.close()
    expect(expected.length).toBeGreaterThan(log === 'accounts-0' ? 1 : 0)
    expect(theirs.map((path) => [path, fs.readFileSync(path, 'hex')])).toEqual(expected)
  })

  test.each(Object.entries(copies))('in the folder of a node that was %s is read from its files', async (_, folder) => {
    const broker = await Broker.open({ storage: new FileStorage(copyOf(folder)) })
    const accounts = await broker.topic('accounts')
    let at = 0
    for await (const { offset } of accounts.read({ to: 'end', isolation: 'read_committed' })) expect(offset).toBe(committed[at++]?.offset)
    expect(at).toBe(committed.length)
    await broker.close()
  })
})

test('a consumer of Kafka that reads what was committed sees what the committed transactions wrote', async () => {
  const all = consumed.get('accounts-0') ?? []
  expect(committed).toHaveLength(8 * 15)
  expect(all).toHaveLength(12 * 15)
  expect(all.filter(({ offset }) => committed.some((record) => record.offset === offset))).toEqual(committed)
})

function offsetOf(path: string): number {
  return Number(/(\d{20})\.\w+$/.exec(path)?.[1])
}

function copyOf(folder: string): string {
  const copy = fs.mkdtempSync(`${folder}-`)
  fs.cpSync(folder, copy, { recursive: true })
  return copy
}
