// Packing alone: records into a batch with its checksum, against the encoder of kafkajs. What comes out is decoded by kafkajs on both
// sides once a round, so that a batch which nobody could read does not count.

import { createRequire } from 'node:module'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { mustBe, type Prepare, type Row } from './ratio.js'
import { freshValue, SMALL } from './values.js'

const PER_BATCH = 100
const TIMESTAMP = 1_700_000_000_000

interface KafkajsBatch {
  readonly records: readonly { readonly value: Uint8Array }[]
}
type Encode = (options: object) => Promise<{ readonly buffer: Uint8Array }>
type EncodeRecord = (record: object) => unknown
type Decode = (decoder: unknown) => Promise<KafkajsBatch>

function loadKafkajs() {
  const require = createRequire(import.meta.url)
  const folder: string = 'kafkajs/src/protocol'
  const { RecordBatch }: { RecordBatch: Encode } = require(`${folder}/recordBatch/v0`)
  const encodeRecord: EncodeRecord = require(`${folder}/recordBatch/record/v0`)
  const decode: Decode = require(`${folder}/recordBatch/v0/decoder`)
  const Decoder: new (buffer: unknown) => unknown = require(`${folder}/decoder`)
  const check = async (bytes: Uint8Array, first: number): Promise<void> => {
    const { records } = await decode(new Decoder(Buffer.from(bytes)))
    mustBe('records', records.length, PER_BATCH)
    mustBe('value', String(records[PER_BATCH - 1]!.value), freshValue(SMALL, first + PER_BATCH - 1))
  }
  return { RecordBatch, encodeRecord, check }
}
type Kafkajs = ReturnType<typeof loadKafkajs>

const ours =
  ({ check }: Kafkajs, count: number): Prepare =>
  () => ({
    units: count,
    async work() {
      const writer = new BatchWriter()
      let last: Uint8Array = new Uint8Array(0)
      for (let first = 0; first < count; first += PER_BATCH) {
        for (let at = first; at < first + PER_BATCH; at++) writer.append(null, freshValue(SMALL, at), TIMESTAMP, null)
        last = writer.finish().bytes
      }
      await check(last, count - PER_BATCH)
    },
  })

const theirs =
  ({ RecordBatch, encodeRecord, check }: Kafkajs, count: number): Prepare =>
  () => ({
    units: count,
    async work() {
      let last: Uint8Array = new Uint8Array(0)
      for (let first = 0; first < count; first += PER_BATCH) {
        const records: unknown[] = []
        for (let i = 0; i < PER_BATCH; i++)
          records.push(encodeRecord({ offsetDelta: i, timestampDelta: 0, key: null, value: freshValue(SMALL, first + i), headers: {} }))
        const options = { compression: 0, firstTimestamp: TIMESTAMP, maxTimestamp: TIMESTAMP, lastOffsetDelta: PER_BATCH - 1, records }
        last = (await RecordBatch({ ...options, producerId: -1 })).buffer
      }
      await check(last, count - PER_BATCH)
    },
  })

export function packRows(scale: number): Row[] {
  const kafkajs = loadKafkajs()
  return [
    {
      name: 'pack 100 B into batches of 100, with CRC',
      yardstick: 'kafkajs, its encoder',
      target: 30,
      ours: ours(kafkajs, 500_000 * scale),
      theirs: theirs(kafkajs, 20_000 * scale),
    },
  ]
}
