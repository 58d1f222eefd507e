// The part of the storage suite about compaction: pieces that are not written any more are replaced by what is left of them, while
// everybody goes on reading and appending. Only for a storage that says it supports it.

import assert from 'node:assert/strict'
import type { LogCompaction, LogStore, SegmentInfo } from '../../storage/storage.js'
import { batchAt, CONFIG, fails, hex, readAll, START_MS, suite, testOn } from './fixture.js'

/** A log of `pieces` pieces with ten batches of one record each, and an open one behind them. */
async function inPieces(log: LogStore, pieces: number): Promise<readonly SegmentInfo[]> {
  for (let piece = 0; piece < pieces; piece++) {
    for (let n = 0; n < 10; n++) await log.append([batchAt(piece * 10 + n, 1, START_MS + piece * 10 + n)])
    await log.roll()
  }
  return log.segments()
}

function compactionOf(log: LogStore): LogCompaction {
  assert.ok(log.compaction !== undefined, 'a storage that supports compaction has it on its logs')
  return log.compaction
}

/** Rewrites the offsets from `from` to `to`, keeping each batch whose base offset fits. */
async function keepOnly(log: LogStore, from: number, to: number, stays: (offset: number) => boolean): Promise<boolean> {
  const kept = (await readAll(log)).filter(({ baseOffset }) => baseOffset >= from && baseOffset < to && stays(baseOffset))
  const rewrite = await compactionOf(log).rewrite(from, to)
  await rewrite.append(kept)
  return rewrite.finish()
}

const bases = async (log: LogStore): Promise<number[]> => (await readAll(log)).map(({ baseOffset }) => baseOffset)

export const compactionTests = suite((kind) => {
  const onCompacting: typeof testOn = (suiteKind, name, run) =>
    testOn(suiteKind, name, async (fixture) => {
      if (fixture.storage.supports.compaction) await run(fixture)
      else assert.equal((await fixture.log()).compaction, undefined)
    })

  onCompacting(kind, 'what is left takes the place of several pieces as one, and offsets stay', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 3)
    const before = orders.sizeBytes
    assert.equal(await keepOnly(orders, 0, 20, (offset) => offset % 7 === 0), true)
    assert.deepEqual(await bases(orders), [0, 7, 14, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
    assert.deepEqual([orders.startOffset, orders.endOffset], [0, 30])
    const pieces = orders.segments()
    assert.deepEqual(
      pieces.map(({ baseOffset, endOffset }) => [baseOffset, endOffset]),
      [
        [0, 20],
        [20, 30],
        [30, 30],
      ],
    )
    assert.equal(pieces[0]?.maxTimestamp, START_MS + 14)
    assert.ok(orders.sizeBytes < before)
    assert.equal(
      pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      orders.sizeBytes,
    )
  })

  onCompacting(kind, 'every offset can be read from, also one that is gone: reading goes on at the next that is there', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 3)
    await keepOnly(orders, 0, 20, (offset) => offset === 4 || offset === 15)
    const at = async (offset: number): Promise<number | undefined> => (await orders.read(offset, 1))[0]?.baseOffset
    assert.deepEqual(await Promise.all([0, 4, 5, 15, 16, 19, 20].map(at)), [4, 4, 15, 15, 20, 20, 20])
    assert.equal((await orders.findByTimestamp(START_MS + 5))?.baseOffset, 15)
    assert.equal((await orders.findByTimestamp(START_MS + 16))?.baseOffset, 20)
  })

  onCompacting(kind, 'bytes of what stays come back as they were given', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 2)
    const given = (await readAll(orders)).filter(({ baseOffset }) => baseOffset % 2 === 0 || baseOffset >= 10).map(hex)
    await keepOnly(orders, 0, 10, (offset) => offset % 2 === 0)
    assert.deepEqual((await readAll(orders)).map(hex), given)
  })

  onCompacting(kind, 'a piece of which nothing is left stays as an empty one, and the start does not move', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 2)
    await keepOnly(orders, 0, 10, () => false)
    assert.deepEqual([orders.startOffset, orders.endOffset, orders.segments()[0]?.sizeBytes], [0, 20, 0])
    assert.equal(orders.segments()[0]?.maxTimestamp, -1)
    assert.equal((await bases(orders))[0], 10)
    assert.equal((await orders.findMaxTimestamp())?.baseOffset, 19)
    await orders.truncateBefore(10)
    assert.equal(orders.segments().length, 2)
  })

  onCompacting(kind, 'nothing is seen of a rewrite before it is finished, nor of one that is abandoned', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 2)
    const before = (await readAll(orders)).map(hex)
    const first = await compactionOf(orders).rewrite(0, 10)
    await first.append(await orders.read(3, 1))
    assert.deepEqual((await readAll(orders)).map(hex), before)
    await first.abandon()
    await first.abandon()
    assert.deepEqual((await readAll(orders)).map(hex), before)
    assert.equal(await keepOnly(orders, 0, 10, (offset) => offset === 9), true)
    assert.deepEqual((await bases(orders))[0], 9)
  })

  onCompacting(kind, 'appends and readers go on while pieces are rewritten', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 2)
    const rewrite = await compactionOf(orders).rewrite(0, 20)
    const held = await orders.read(5, 1_000_000)
    const bytes = held.map(hex)
    await rewrite.append(held.slice(3, 4))
    await orders.append([batchAt(20)])
    const finished = rewrite.finish()
    await orders.append([batchAt(21)])
    assert.equal((await orders.read(20, 1))[0]?.baseOffset, 20)
    assert.equal(await finished, true)
    assert.deepEqual(await bases(orders), [8, 20, 21])
    assert.deepEqual(held.map(hex), bytes)
  })

  onCompacting(kind, 'a rewrite of pieces that were truncated away changes nothing and says so', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 3)
    const rewrite = await compactionOf(orders).rewrite(0, 20)
    await rewrite.append(await orders.read(3, 1))
    await orders.truncateBefore(10)
    assert.equal(await rewrite.finish(), false)
    assert.deepEqual((await bases(orders))[0], 10)
    const second = await compactionOf(orders).rewrite(10, 20)
    await orders.truncateAfter(15)
    assert.equal(await second.finish(), false)
    assert.deepEqual(await bases(orders), [10, 11, 12, 13, 14])
  })

  onCompacting(kind, 'only whole pieces behind the one being written can be rewritten', async ({ log }) => {
    const orders = await log()
    await inPieces(orders, 2)
    await orders.append([batchAt(20)])
    await fails('INVALID_ARGUMENT', () => compactionOf(orders).rewrite(0, 21))
    await fails('INVALID_ARGUMENT', () => compactionOf(orders).rewrite(5, 10))
    await fails('INVALID_ARGUMENT', () => compactionOf(orders).rewrite(10, 10))
  })

  onCompacting(kind, 'all of it is there when the storage is opened again, and how far the log was cleaned', async (fixture) => {
    const { log, storage, clock } = fixture
    if (!storage.supports.persistent) return
    const orders = await log()
    assert.equal(compactionOf(orders).cleanedOffset, 0)
    await inPieces(orders, 3)
    await keepOnly(orders, 0, 20, (offset) => offset % 5 === 0)
    await compactionOf(orders).keepCleanedOffset(20)
    const [before, pieces] = [(await readAll(orders)).map(hex), orders.segments().map((piece) => [piece.baseOffset, piece.endOffset])]
    await storage.close()
    const again = await fixture.reopen()
    await again.open({ clock })
    const opened = await again.log('orders-0', CONFIG)
    assert.deepEqual((await readAll(opened)).map(hex), before)
    assert.deepEqual(
      opened.segments().map((piece) => [piece.baseOffset, piece.endOffset]),
      pieces,
    )
    assert.equal(compactionOf(opened).cleanedOffset, 20)
    await opened.truncateAfter(12)
    assert.equal(compactionOf(opened).cleanedOffset, 12)
    await opened.close()
    await again.remove('orders-0')
    assert.equal(compactionOf(await again.log('orders-0', CONFIG)).cleanedOffset, 0)
    await again.close()
  })

  onCompacting(kind, 'a log that is closed in the middle of a rewrite stays whole', async (fixture) => {
    const { log, storage, clock } = fixture
    if (!storage.supports.persistent) return
    const orders = await log()
    await inPieces(orders, 2)
    const rewrite = await compactionOf(orders).rewrite(0, 10)
    await rewrite.append(await orders.read(3, 1))
    const before = (await readAll(orders)).map(hex)
    await orders.close()
    await fails('CLOSED', () => rewrite.finish())
    await rewrite.abandon()
    await storage.close()
    const again = await fixture.reopen()
    await again.open({ clock })
    assert.deepEqual((await readAll(await again.log('orders-0', CONFIG))).map(hex), before)
    await again.close()
  })
})
