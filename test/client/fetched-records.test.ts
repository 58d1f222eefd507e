// What a reader is not shown: records before the asked offset, transaction markers and aborted transactions; and that the place to
// go on from moves over them all the same.
import { expect, test } from 'vitest'
import type { LazyRecord } from '../../src/client/consumer-record.js'
import { FetchedRecords } from '../../src/client/fetched-records.js'
import { string } from '../../src/client/serde.js'
import type { AbortedTransaction } from '../../src/core/cluster.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { packMarker } from '../../src/record/control-batch.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'

/** Batches one behind the other from offset 0: lists of values with the producer of a transaction, or its end. */
function logOf(...entries: ({ values: string[]; by?: number } | { ends: 'commit' | 'abort'; by: number })[]): PackedBatch[] {
  let offset = 0
  return entries.map((entry) => {
    const batch =
      'ends' in entry
        ? packMarker({ kind: entry.ends, producerId: entry.by, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 })
        : pack(entry.values, entry.by)
    batch.place(offset, 0)
    offset = batch.lastOffset + 1
    return batch
  })
}

function pack(values: string[], by: number | undefined): PackedBatch {
  const writer = new BatchWriter()
  for (const value of values) writer.append(null, value, 1, null)
  return writer.finish({ transactional: by !== undefined, producerId: by ?? -1, producerEpoch: by === undefined ? -1 : 0 })
}

function open(batches: PackedBatch[], from = 0, aborted: AbortedTransaction[] = []): FetchedRecords<string, string> {
  return new FetchedRecords({ topic: 't', partition: 0, batches, startOffset: 0, highWatermark: 99, stableOffset: 99, aborted }, from, {
    value: string,
    key: string,
  })
}

function take(source: FetchedRecords<string, string>, max = 100): (string | null)[] {
  const records: LazyRecord<string, string>[] = []
  expect(source.take(records, max)).toBe(records.length)
  return records.map(({ value }) => value)
}

test('records come in portions, over batches, and nothing comes twice', () => {
  const source = open(logOf({ values: ['a', 'b', 'c'] }, { values: ['d', 'e'] }))
  expect([take(source, 2), source.nextOffset, source.done]).toEqual([['a', 'b'], 2, false])
  expect([take(source, 2), source.nextOffset]).toEqual([['c', 'd'], 4])
  expect([take(source, 2), source.nextOffset, source.done]).toEqual([['e'], 5, true])
  expect(take(source)).toEqual([])
})

test('a batch that begins before the asked offset gives what lies behind it', () => {
  const source = open(logOf({ values: ['a', 'b', 'c'] }), 2)
  expect([take(source), source.nextOffset]).toEqual([['c'], 3])
})

test('markers are not shown, and the place moves over them', () => {
  const source = open(logOf({ values: ['a'], by: 7 }, { ends: 'commit', by: 7 }))
  expect([take(source), source.nextOffset, source.done]).toEqual([['a'], 2, true])
})

test('an aborted transaction is not shown, those beside and after it are', () => {
  const log = logOf(
    { values: ['lost'], by: 7 },
    { values: ['kept'], by: 8 },
    { values: ['plain'] },
    { ends: 'abort', by: 7 },
    { ends: 'commit', by: 8 },
    { values: ['later'], by: 7 },
    { ends: 'commit', by: 7 },
  )
  const source = open(log, 0, [{ producerId: 7, firstOffset: 0 }])
  expect([take(source), source.nextOffset]).toEqual([['kept', 'plain', 'later'], 7])
})

test('of two aborted transactions of one producer neither is shown, also when they come in any order', () => {
  const log = logOf(
    { values: ['x'], by: 7 },
    { ends: 'abort', by: 7 },
    { values: ['y'], by: 7 },
    { values: ['z'] },
    { ends: 'abort', by: 7 },
  )
  const source = open(log, 0, [
    { producerId: 7, firstOffset: 2 },
    { producerId: 7, firstOffset: 0 },
  ])
  expect(take(source)).toEqual(['z'])
})
