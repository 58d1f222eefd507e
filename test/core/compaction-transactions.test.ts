// Compaction and transactions, by Kafka's rules: aborted data goes at once, a marker when nothing of its transaction is left and its
// horizon has passed; nothing of an open transaction is touched, and what tells the sequence of a live producer stays.

import { beforeEach, describe, expect, it } from 'vitest'
import type { AbortedRange, LastOfProducer, TransactionsOfPartition } from '../../src/core/compaction/transaction-state.js'
import { packMarker } from '../../src/record/control-batch.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogStore } from '../../src/storage/storage.js'
import { CONFIG, readAll } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { append, cleanOnce, keptOf, pairs } from './compaction-fixture.js'

class Transactions implements TransactionsOfPartition {
  lastStableOffset = Number.MAX_SAFE_INTEGER
  ranges: AbortedRange[] = []
  readonly last = new Map<number, LastOfProducer>()
  readonly forgotten: AbortedRange[] = []
  aborted(from: number, to: number): readonly AbortedRange[] {
    return this.ranges.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to)
  }
  lastOfProducers(): ReadonlyMap<number, LastOfProducer> {
    return this.last
  }
  keep(): void {
    // Nothing is lost here.
  }
  forgetAborted(gone: readonly AbortedRange[]): void {
    this.forgotten.push(...gone)
    this.ranges = this.ranges.filter((range) => !gone.includes(range))
  }
}

let clock: VirtualClock
let log: LogStore
let transactions: Transactions

beforeEach(async () => {
  clock = new VirtualClock()
  const storage = new MemoryStorage()
  storage.open({ clock })
  log = await storage.log('table-0', CONFIG)
  transactions = new Transactions()
})

const data = (producerId: number, key: string, value: string): Promise<number> =>
  append(log, pairs(clock.now(), [[key, value]], { producerId, producerEpoch: 0, baseSequence: 0, transactional: true }))

async function end(producerId: number, kind: 'commit' | 'abort', firstOffset: number): Promise<number> {
  const marker = packMarker({ kind, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: clock.now() })
  const lastOffset = await append(log, marker)
  if (kind === 'abort') transactions.ranges.push({ producerId, firstOffset, lastOffset })
  return lastOffset
}

/** Something that ends the round, so that the batches in question are not its last one. */
async function clean(): Promise<void> {
  await append(log, pairs(clock.now(), [['end', 'of the round']]))
  await log.roll()
  await cleanOnce(log, { clock, transactions, config: { deleteRetentionMs: 1000 } })
}

const left = async (): Promise<string[]> =>
  (await keptOf(log)).filter(({ key }) => key !== 'end').map(({ offset, value }) => `${offset} ${value}`)
const markers = async (): Promise<number[]> =>
  (await readAll(log)).filter(({ isControl, count }) => isControl && count > 0).map((batch) => batch.baseOffset)

describe('an aborted transaction', () => {
  it('loses its data at once and its marker in the first round after the horizon that the second one sets', async () => {
    await data(1, 'a', 'before')
    await end(1, 'commit', 0)
    await data(1, 'a', 'aborted')
    await end(1, 'abort', 2)
    await clean()
    // The aborted record replaces nothing.
    expect(await left()).toEqual(['0 before'])
    expect(await markers()).toEqual([1, 3])
    expect(transactions.forgotten).toEqual([])
    await clean()
    expect(await markers()).toEqual([1, 3])
    expect((await readAll(log)).find(({ baseOffset }) => baseOffset === 3)?.baseTimestamp).toBe(clock.now() + 1000)
    expect(transactions.forgotten).toEqual([{ producerId: 1, firstOffset: 2, lastOffset: 3 }])
    await clock.advance(1000)
    await clean()
    expect(await markers()).toEqual([1])
    expect(await left()).toEqual(['0 before'])
  })
})

describe('a committed transaction', () => {
  it('keeps its marker as long as a record of its data is left', async () => {
    await data(1, 'a', 'first')
    await data(1, 'b', 'second')
    await end(1, 'commit', 0)
    await append(log, pairs(clock.now(), [['a', 'third']]))
    for (let round = 0; round < 3; round++) {
      await clean()
      await clock.advance(1000)
      expect(await markers()).toEqual([2])
    }
    expect(await left()).toEqual(['1 second', '3 third'])
    await append(log, pairs(clock.now(), [['b', 'fourth']]))
    await clean()
    expect(await markers()).toEqual([2])
    await clean()
    await clock.advance(1000)
    await clean()
    expect(await markers()).toEqual([])
  })
})

describe('what is not certain yet', () => {
  it('is not touched, and replaces nothing', async () => {
    await append(log, pairs(clock.now(), [['a', 'stable']]))
    await append(log, pairs(clock.now(), [['a', 'newer']]))
    transactions.lastStableOffset = await data(1, 'a', 'open')
    await log.roll()
    await clean()
    expect(await left()).toEqual(['1 newer', '2 open'])
    expect(log.compaction?.cleanedOffset).toBe(2)
  })
})

describe('the last batch of a live producer', () => {
  it('stays as a header when its records are replaced, and goes when the producer is forgotten', async () => {
    const send = (value: string, baseSequence: number): Promise<number> =>
      append(log, pairs(clock.now(), [['a', value]], { producerId: 9, producerEpoch: 4, baseSequence }))
    await send('1', 0)
    transactions.last.set(9, { producerEpoch: 4, lastDataOffset: await send('2', 1) })
    await append(log, pairs(clock.now(), [['a', '3']]))
    await clean()
    expect(await left()).toEqual(['2 3'])
    const header = (await readAll(log)).find(({ producerId }) => producerId === 9)
    expect([header?.baseOffset, header?.count, header?.producerEpoch, header?.baseSequence, header?.sizeBytes]).toEqual([1, 0, 4, 1, 61])
    transactions.last.clear()
    await clean()
    expect((await readAll(log)).some(({ producerId }) => producerId === 9)).toBe(false)
  })

  it('which is a marker stays too', async () => {
    await data(5, 'a', '1')
    await end(5, 'commit', 0)
    await append(log, pairs(clock.now(), [['a', '2']]))
    transactions.last.set(5, { producerEpoch: 0, lastDataOffset: null })
    for (let round = 0; round < 3; round++) {
      await clean()
      await clock.advance(1000)
    }
    const kept = (await readAll(log)).filter(({ isControl }) => isControl)
    expect(kept.map(({ baseOffset, count }) => [baseOffset, count])).toEqual([[1, 0]])
  })
})
