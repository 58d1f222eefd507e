// A compacted log against a model: whatever is appended, rolled and cleaned in whatever order, what is left is what Kafka's rules say,
// at its offset and as it was.

import fc from 'fast-check'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogStore, Storage } from '../../src/storage/storage.js'
import { CONFIG } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { append, cleanOnce, type Kept, keptOf, pairs } from './compaction-fixture.js'
import '../../src/record/node-gzip.js'

type Step =
  | { readonly kind: 'append'; readonly all: readonly (readonly [number, boolean])[]; readonly gzip: boolean }
  | { readonly kind: 'roll' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'clean'; readonly dedupeBufferBytes: number }
  | { readonly kind: 'trim'; readonly part: number }

const HORIZON_MS = 1000

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        all: fc.array(fc.tuple(fc.nat(5), fc.boolean()), { minLength: 1, maxLength: 4 }),
        gzip: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ kind: 'roll' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 1000, 1500) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('clean' as const), dedupeBufferBytes: fc.constantFrom(1, 60, 120, 10_000) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), part: fc.double({ min: 0, max: 0.5, noNaN: true }) }) },
  ),
  { minLength: 5, maxLength: 60 },
)

/** What ought to be left, kept by the rules alone. */
class Model {
  all: Kept[] = []
  /** When each tombstone may go. */
  private readonly horizons = new Map<number, number>()

  /** A map that was full may have taken a few keys of the batch behind it: what these replace may be gone already, or not. */
  mayHaveLost(left: readonly Kept[], to: number): void {
    const offsets = new Set(left.map(({ offset }) => offset))
    this.all = this.all.filter(
      ({ key, offset }) => offsets.has(offset) || !this.all.some((later) => later.key === key && later.offset >= to),
    )
  }

  cleaned(to: number, now: number): void {
    const last = new Map<string | null, number>()
    for (const { key, offset } of this.all) if (offset < to) last.set(key, offset)
    this.all = this.all.filter(({ key, offset, value }) => {
      if (offset >= to) return true
      if (last.get(key) !== offset) return false
      if (value !== null) return true
      const horizon = this.horizons.get(offset)
      if (horizon === undefined) this.horizons.set(offset, now + HORIZON_MS)
      return horizon === undefined || now < horizon
    })
  }
}

async function take(step: Step, log: LogStore, model: Model, clock: VirtualClock): Promise<void> {
  if (step.kind === 'roll') await log.roll()
  else if (step.kind === 'wait') await clock.advance(step.ms)
  else if (step.kind === 'trim') {
    await log.truncateBefore(log.startOffset + Math.floor((log.endOffset - log.startOffset) * step.part))
    model.all = model.all.filter(({ offset }) => offset >= log.startOffset)
  } else if (step.kind === 'append') {
    const timestamp = clock.now()
    const given = step.all.map(([key, dead], n) => [`key-${key}`, dead ? null : `value ${log.endOffset + n}`] as const)
    const offset = await append(log, pairs(timestamp, given, { compression: step.gzip ? 'gzip' : 'none' }))
    model.all.push(...given.map(([key, value], n) => ({ offset: offset + n, timestamp, key, value })))
  } else {
    const to = await cleanOnce(log, { clock, config: { deleteRetentionMs: HORIZON_MS }, dedupeBufferBytes: step.dedupeBufferBytes })
    expect(to).toBe(log.compaction?.cleanedOffset)
    model.cleaned(to ?? 0, clock.now())
    if ((to ?? 0) < (log.segments().at(-1)?.baseOffset ?? 0)) model.mayHaveLost(await keptOf(log), to ?? 0)
  }
}

async function runOn(storage: Storage, plan: readonly Step[]): Promise<void> {
  const clock = new VirtualClock()
  await storage.open({ clock })
  const log = await storage.log('table-0', { ...CONFIG, segmentBytes: 1_048_576 })
  const model = new Model()
  for (const step of plan) {
    const { startOffset, endOffset } = log
    await take(step, log, model, clock)
    if (step.kind === 'clean') expect([log.startOffset, log.endOffset]).toEqual([startOffset, endOffset])
    // A batch may begin before the start; a reader passes over those records.
    expect((await keptOf(log)).filter(({ offset }) => offset >= log.startOffset)).toEqual(model.all)
  }
  for (let offset = log.startOffset; offset < log.endOffset; offset++) {
    const next = model.all.find((kept) => kept.offset >= offset)
    const [found] = await log.read(offset, 1)
    expect(found === undefined || found.lastOffset >= offset).toBe(true)
    if (next !== undefined) expect(found?.baseOffset ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(next.offset)
  }
  await storage.close()
}

describe('a compacted log', () => {
  it('in memory is what the rules leave of it, whatever is done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (plan) => runOn(new MemoryStorage(), plan)),
      { numRuns: 200 },
    )
  })

  it('in files is what the rules leave of it, whatever is done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-compaction-'))
        await runOn(new FileStorage(folder), plan).finally(() => fs.rmSync(folder, { recursive: true }))
      }),
      { numRuns: 25 },
    )
  })
})
