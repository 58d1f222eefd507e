// Produce: what a batch may be, where it may go, and what is answered.
import { gzipSync } from 'node:zlib'
import * as F from '../../../src/record/format.js'
import type { ProduceRequest } from '../../../src/protocol/messages/00-produce.js'
import { metadata, produce } from '../apis.js'
import { batch, changed, type Field, sealed, THEN, values } from '../batches.js'
import type { Case } from '../case.js'
import { produceBody, read, send } from '../produced.js'
import type { Subject } from '../subject.js'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Sends one batch to a fresh topic and reads what came of it. */
async function sent(on: Subject, records: Uint8Array | null, configs: Readonly<Record<string, string>> = {}, version = 9): Promise<void> {
  const topic = await on.topic('t', 1, configs)
  await send(on, 'send', topic, records, { version })
  await read(on, 'read', topic, 0)
}

const two = (): Uint8Array => values('a', 'b')
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** A batch with the records as a codec would leave them. */
function packed(codec: number, block: Uint8Array): Uint8Array {
  const plain = two()
  const whole = joined(plain.subarray(0, F.HEADER_BYTES), block)
  return changed(changed(whole, F.BATCH_LENGTH, 'int32', whole.length - F.LOG_OVERHEAD), F.ATTRIBUTES, 'int16', codec)
}

const tampered = (what: string, at: number, field: Field, value: number): Case => ({
  name: `a batch with ${what}`,
  run: (on) => sent(on, changed(two(), at, field, value)),
})

export const PRODUCE_CASES: readonly Case[] = [
  {
    name: 'null and empty keys and values, headers twice and null',
    run: (on) =>
      sent(
        on,
        batch([
          { key: null, value: null },
          { key: '', value: '' },
          {
            key: 'k',
            value: 'v',
            headers: [
              ['a', '1'],
              ['b', null],
              ['a', '2'],
              ['', ''],
            ],
          },
        ]),
      ),
  },
  {
    name: 'partitions that are not there',
    async run(on) {
      const topic = await on.topic('t', 2)
      for (const partition of [2, -1]) await send(on, `partition ${partition}`, topic, two(), { partition })
    },
  },
  {
    name: 'timestamps: none, 0, old, and near the limit of an hour ahead',
    async run(on) {
      const topic = await on.topic('t')
      const now = Date.now()
      const times = { none: -1, zero: 0, old: 1, 'in 59 minutes': now + HOUR_MS - MINUTE_MS, 'in 61 minutes': now + HOUR_MS + MINUTE_MS }
      for (const [label, timestamp] of Object.entries(times)) await send(on, label, topic, batch([{ value: 'x', timestamp }]))
    },
  },
  {
    name: 'timestamps before message.timestamp.before.max.ms',
    run: (on) => sent(on, two(), { 'message.timestamp.before.max.ms': '60000' }),
  },
  { name: 'log append time', run: (on) => sent(on, two(), { 'message.timestamp.type': 'LogAppendTime' }) },
  {
    name: 'log append time claimed by the client',
    run: (on) => sent(on, changed(two(), F.ATTRIBUTES, 'int16', F.LOG_APPEND_TIME_BIT)),
  },
  {
    name: 'no key on a compacted topic',
    run: (on) => sent(on, batch([{ key: 'k', value: 'v' }, { value: 'v' }]), { 'cleanup.policy': 'compact' }),
  },
  { name: 'no key on a topic that is compacted and deleted', run: (on) => sent(on, two(), { 'cleanup.policy': 'compact,delete' }) },
  { name: 'a tombstone on a compacted topic', run: (on) => sent(on, batch([{ key: 'k' }]), { 'cleanup.policy': 'compact' }) },
  {
    name: 'the size limit, to the byte',
    async run(on) {
      const exact = batch([{ value: 'x'.repeat(1000) }])
      const topic = await on.topic('t', 1, { 'max.message.bytes': String(exact.length) })
      await send(on, 'exact', topic, exact)
      await send(on, 'one more', topic, batch([{ value: 'x'.repeat(1001) }]))
    },
  },
  {
    name: 'the default size limit: 1048588 bytes',
    run: async (on) => {
      const topic = await on.topic('t')
      const bytes = (size: number): Uint8Array => batch([{ value: 'x'.repeat(size) }])
      const spare = 1_048_588 - bytes(1_000_000).length
      await send(on, 'exact', topic, bytes(1_000_000 + spare))
      await send(on, 'one more', topic, bytes(1_000_001 + spare))
    },
  },
  {
    name: 'a topic that is not there is created by asking for it',
    async run(on) {
      const name = on.name('auto')
      await on.settled([3, 5], () => on.call(metadata, 9, { topics: [{ name }], allowAutoTopicCreation: true }))
      await on.ask('metadata', metadata, 9, { topics: [{ name }], allowAutoTopicCreation: true })
    },
  },
  {
    name: 'acks of 1, -1, 2 and -2',
    async run(on) {
      const topic = await on.topic('t')
      for (const acks of [1, -1, 2, -2]) await send(on, `acks ${acks}`, topic, two(), { acks })
      await read(on, 'read', topic, 0)
    },
  },
  {
    name: 'acks of 0 is not answered; one that fails closes the connection',
    async run(on) {
      const topic = await on.topic('t')
      const peer = await on.peer()
      peer.wire.send(produce.request, 9, produceBody(topic, two(), { acks: 0 }))
      await peer.ask('the next answer', metadata, 9, { topics: [], allowAutoTopicCreation: false })
      peer.wire.send(produce.request, 9, produceBody(topic, two(), { acks: 0, partition: 9 }))
      await peer.wire.closed
      on.note('failed', 'closed')
    },
  },
  tampered('a base offset of 5', F.BASE_OFFSET, 'int64', 5),
  tampered('a leader epoch of 7', F.LEADER_EPOCH, 'int32', 7),
  { name: 'a batch with a wrong checksum', run: (on) => sent(on, flipped(two(), F.CRC)) },
  { name: 'a batch with a changed record', run: (on) => sent(on, flipped(two(), F.HEADER_BYTES + 5)) },
  { name: 'two batches for one partition', run: (on) => sent(on, joined(two(), two())) },
  { name: 'a batch and some bytes behind it', run: (on) => sent(on, joined(two(), new Uint8Array(10))) },
  { name: 'a batch that is cut off', run: (on) => sent(on, two().subarray(0, 70)) },
  { name: 'less than a header', run: (on) => sent(on, two().subarray(0, 30)) },
  { name: 'no bytes', run: (on) => sent(on, new Uint8Array(0)) },
  tampered('a count of 3 for 2 records', F.RECORDS_COUNT, 'int32', 3),
  tampered('a count of 1 for 2 records', F.RECORDS_COUNT, 'int32', 1),
  tampered('a count of 0', F.RECORDS_COUNT, 'int32', 0),
  tampered('a count of -1', F.RECORDS_COUNT, 'int32', -1),
  tampered('a last offset delta of 5 for 2 records', F.LAST_OFFSET_DELTA, 'int32', 5),
  tampered('a last offset delta of 0 for 2 records', F.LAST_OFFSET_DELTA, 'int32', 0),
  tampered('the control bit', F.ATTRIBUTES, 'int16', F.CONTROL_BIT),
  tampered('the transactional bit and no producer', F.ATTRIBUTES, 'int16', F.TRANSACTIONAL_BIT),
  tampered('the bit of the delete horizon', F.ATTRIBUTES, 'int16', F.DELETE_HORIZON_BIT),
  tampered('an attribute that nobody knows', F.ATTRIBUTES, 'int16', 0x80),
  tampered('magic 0', F.MAGIC, 'byte', 0),
  tampered('magic 1', F.MAGIC, 'byte', 1),
  tampered('magic 3', F.MAGIC, 'byte', 3),
  tampered('a batch length of 0', F.BATCH_LENGTH, 'int32', 0),
  tampered('a batch length of -1', F.BATCH_LENGTH, 'int32', -1),
  tampered('a batch length that is too large', F.BATCH_LENGTH, 'int32', 1000),
  tampered('a maximum time that is too small', F.MAX_TIMESTAMP, 'int64', 5),
  tampered('a maximum time that is too large', F.MAX_TIMESTAMP, 'int64', THEN + 500),
  tampered('a producer id and no epoch', F.PRODUCER_ID, 'int64', 1000),
  tampered('an epoch and no producer id', F.PRODUCER_EPOCH, 'int16', 0),
  tampered('a sequence and no producer id', F.BASE_SEQUENCE, 'int32', 0),
  { name: 'records in gzip', run: (on) => sent(on, packed(1, gzipSync(two().subarray(F.HEADER_BYTES), { level: 0 }))) },
  ...[1, 2, 3, 4].map(
    (codec): Case => ({
      name: `codec ${codec} with bytes that do not unpack`,
      run: (on) => sent(on, packed(codec, new Uint8Array(20).fill(65))),
    }),
  ),
  ...[5, 6, 7].map(
    (codec): Case => ({ name: `codec ${codec}, which nobody knows`, run: (on) => sent(on, packed(codec, two().subarray(F.HEADER_BYTES))) }),
  ),
  { name: 'zstd in version 6 of Produce', run: (on) => sent(on, packed(4, new Uint8Array(20).fill(65)), {}, 6) },
  {
    name: 'a record with an offset delta that is wrong',
    differs: [
      {
        why: 'Records that no reader could make sense of are refused; Kafka stores them.',
        ours: {
          'send/responses/0/partitionResponses/0/errorCode': 87,
          'send/responses/0/partitionResponses/0/baseOffset': -1,
          'read/responses/0/partitions/0/highWatermark': 0,
          'read/responses/0/partitions/0/lastStableOffset': 0,
          'read/responses/0/partitions/0/records': [],
        },
      },
    ],
    run: (on) => sent(on, recordChanged(3, 10)),
  },
  { name: 'a record with attributes', run: (on) => sent(on, recordChanged(1, 1)) },
  { name: 'a record with a length that is too small', run: (on) => sent(on, recordChanged(0, 4)) },
  { name: 'a record with a negative length', run: (on) => sent(on, recordChanged(0, 1)) },
  {
    name: 'what Produce tells in its versions',
    async run(on) {
      const topic = await on.topic('t')
      for (let version = 3; version <= 11; version++) await send(on, `version ${version}`, topic, two(), { version })
    },
  },
  {
    name: 'Produce by the id of a topic',
    needs: [[produce.request, 13]],
    async run(on) {
      const topicId = await on.topicId(await on.topic('t'))
      const to = (id: string): Parameters<typeof on.ask<ProduceRequest, unknown>>[3] => ({
        acks: -1,
        timeoutMs: 1000,
        topicData: [{ topicId: id, partitionData: [{ index: 0, records: two() }] }],
      })
      await on.ask('known', produce, 13, to(topicId))
      await on.ask('unknown', produce, 13, to('AAAAAAAAAAAAAAAAAAAAAQ'))
    },
  },
  {
    name: 'to topics of the broker itself',
    async run(on) {
      await send(on, 'offsets', '__consumer_offsets', batch([{ key: 'k', value: 'v' }]))
    },
  },
  {
    name: 'an unknown topic and a bad name',
    async run(on) {
      await send(on, 'bad name', 'a b', two())
      await send(on, 'empty name', '', two())
    },
  },
]

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** One byte of the first record, and a checksum that fits. */
function recordChanged(at: number, value: number): Uint8Array {
  const copy = new Uint8Array(two())
  copy[F.HEADER_BYTES + at] = value
  return sealed(copy)
}
