// What a user can get wrong is refused at once, with the code for it and a message that says what was expected and what came.
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Broker, type ErrorCode, json, KafkaliteError, MemoryStorage } from 'kafkalite'

/** Calls as a program without types would make them. */
type Loose = (...args: readonly unknown[]) => unknown
type Call = (broker: LooseBroker) => unknown
interface LooseClient {
  readonly [name: string]: Loose
}
interface LooseBroker extends LooseClient {
  readonly topic: (...args: readonly unknown[]) => Promise<LooseClient>
  readonly producer: (...args: readonly unknown[]) => LooseClient
  readonly consumer: (...args: readonly unknown[]) => LooseClient
}

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return 'nothing was wrong'
  } catch (error) {
    return KafkaliteError.is(error) ? error.code : error
  }
}

const OPEN: readonly [wrong: string, options: unknown, code: ErrorCode][] = [
  ['an unknown option', { stroage: new MemoryStorage() }, 'INVALID_ARGUMENT'],
  ['options that are no object', 'memory', 'INVALID_ARGUMENT'],
  ['a storage that is none', { storage: {} }, 'INVALID_ARGUMENT'],
  ['an unknown flush level', { flush: 'sometimes' }, 'INVALID_ARGUMENT'],
  ['a clock that is none', { clock: { now: 5 } }, 'INVALID_ARGUMENT'],
  ['an unknown config of topics', { topicDefaults: { retention: 5 } }, 'INVALID_CONFIG'],
  ['a cluster and a storage', { cluster: { produce() {}, fetch() {} }, storage: new MemoryStorage() }, 'INVALID_ARGUMENT'],
]

/** Node packs zstd from 22.15 on. */
const MISSING: typeof CALLS =
  'zstdCompressSync' in zlib
    ? []
    : [['a compression that is not available', (broker) => broker.producer({ compression: 'zstd' }), 'UNSUPPORTED_COMPRESSION_TYPE']]

const CALLS: readonly [wrong: string, call: Call, code: ErrorCode][] = [
  ['a topic without a name', (broker) => broker.topic(''), 'INVALID_TOPIC_EXCEPTION'],
  ['a topic with an illegal name', (broker) => broker.topic('a b'), 'INVALID_TOPIC_EXCEPTION'],
  ['an unknown option of a topic', (broker) => broker.topic('t', { partition: 3 }), 'INVALID_ARGUMENT'],
  ['partitions that are no number', (broker) => broker.topic('t', { partitions: '3' }), 'INVALID_ARGUMENT'],
  ['no partitions', (broker) => broker.topic('t', { partitions: 0 }), 'INVALID_PARTITIONS'],
  ['a serde that is none', (broker) => broker.topic('t', { value: JSON }), 'INVALID_ARGUMENT'],
  ['a config out of range', (broker) => broker.topic('t', { retentionMs: -2 }), 'INVALID_CONFIG'],
  ['three copies in one process', (broker) => broker.topic('t', { replicationFactor: 3 }), 'INVALID_REPLICATION_FACTOR'],
  ['deleting what is not there', (broker) => broker.deleteTopic?.('none'), 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['an unknown option of a producer', (broker) => broker.producer({ linger: 5 }), 'INVALID_ARGUMENT'],
  ['a negative linger', (broker) => broker.producer({ lingerMs: -1 }), 'INVALID_ARGUMENT'],
  ...MISSING,
  ['a compression that does not exist', (broker) => broker.producer({ compression: 'zip' }), 'INVALID_ARGUMENT'],
  ['sending to no topic', (broker) => broker.producer().send?.(undefined, { value: 'a' }), 'INVALID_ARGUMENT'],
  ['sending to an object that is no topic', (broker) => broker.producer().send?.({ name: 't' }, { value: 'a' }), 'INVALID_ARGUMENT'],
  ['a record without a value', (broker) => broker.producer().send?.('t', { key: 'a' }), 'INVALID_ARGUMENT'],
  ['a record that is text', (broker) => broker.producer().send?.('t', 'a'), 'INVALID_ARGUMENT'],
  ['a list with a record without a value', (broker) => broker.producer().send?.('t', [{ value: 'a' }, {}]), 'INVALID_ARGUMENT'],
  ['a partition that is text', (broker) => broker.producer().send?.('t', { value: 'a', partition: '1' }), 'INVALID_ARGUMENT'],
  ['a partition that is not there', (broker) => broker.producer().send?.('t', { value: 'a', partition: 7 }), 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['a time that is none', (broker) => broker.producer().send?.('t', { value: 'a', timestamp: new Date('no') }), 'INVALID_ARGUMENT'],
  ['headers that are text', (broker) => broker.producer().send?.('t', { value: 'a', headers: 'a=b' }), 'INVALID_ARGUMENT'],
  ['a header that is a number', (broker) => broker.producer().send?.('t', { value: 'a', headers: { a: 1 } }), 'INVALID_ARGUMENT'],
  ['an object where nobody named a serde', (broker) => broker.producer().send?.('t', { value: {} }), 'SERDE_FAILED'],
  ['an unknown option of a send', (broker) => broker.producer().send?.('t', { value: 'a' }, { timeout: 5 }), 'INVALID_ARGUMENT'],
  ['writing a record without a value', (broker) => broker.producer().write?.('t', {}), 'INVALID_ARGUMENT'],
  ['an unknown option of a read', async (broker) => (await broker.topic('t')).read?.({ form: 'earliest' }), 'INVALID_ARGUMENT'],
  ['a start that is none', async (broker) => (await broker.topic('t')).read?.({ from: 'beginning' }), 'INVALID_ARGUMENT'],
  ['an end that is none', async (broker) => (await broker.topic('t')).read?.({ to: 5 }), 'INVALID_ARGUMENT'],
  [
    'reading a partition that is not there',
    async (broker) => (await broker.topic('t')).read?.({ partitions: [4] }),
    'UNKNOWN_TOPIC_OR_PARTITION',
  ],
  ['reading no partitions', async (broker) => (await broker.topic('t')).read?.({ partitions: [] }), 'INVALID_ARGUMENT'],
  ['fewer partitions than there are', async (broker) => (await broker.topic('t')).addPartitions?.(1), 'INVALID_PARTITIONS'],
  ['altering an unknown config', async (broker) => (await broker.topic('t')).alter?.({ retention: 5 }), 'INVALID_CONFIG'],
  ['an unknown option of a consumer', (broker) => broker.consumer({ group: 'g' }), 'INVALID_ARGUMENT'],
  ['a group without an id', (broker) => broker.group?.(''), 'INVALID_GROUP_ID'],
  ['a signal that is none', (broker) => broker.idle?.({ signal: {} }), 'INVALID_ARGUMENT'],
  ['a listener on a port that is none', (broker) => broker.listen?.({ port: 70_000 }), 'INVALID_ARGUMENT'],
  ['an unknown option of a listener', (broker) => broker.listen?.({ hosts: [] }), 'INVALID_ARGUMENT'],
  ['options of a listener that are none', (broker) => broker.listen?.(9092), 'INVALID_ARGUMENT'],
  ['a schema that is none', () => (json as Loose)({}), 'INVALID_ARGUMENT'],
]

describe('Broker.open()', () => {
  test.each(OPEN)('refuses %s', async (_wrong, options, code) => {
    expect(await codeOf(() => (Broker.open as Loose).call(Broker, options))).toBe(code)
  })

  test('lists the options when one is unknown', async () => {
    await expect((Broker.open as Loose).call(Broker, { stroage: 1 })).rejects.toThrow(/"stroage".*storage, flush/)
  })
})

describe('a call', () => {
  test.each(CALLS)('refuses %s', async (_wrong, call, code) => {
    await using broker = await Broker.open()
    expect(await codeOf(() => call(broker as unknown as LooseBroker))).toBe(code)
  })
})
