// Which calls of the faulty file system fail: those that were named one by one, those that chance picks, and the one at which the
// process dies. It counts the calls, so that a crash "at the n-th call" means the same in every run.

/** The kinds of calls that can be made to fail. */
export type FaultPoint = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'syncFolder' | 'names'

/** How often calls fail or are slow at run time: chances from 0 to 1, 0 when left out. */
export interface FaultRates {
  /** Opening a file fails with EMFILE. */
  readonly open?: number
  /** Reading fails with EIO. */
  readonly read?: number
  /** A write fails with EIO, having written a part. */
  readonly write?: number
  /** A write fails with ENOSPC, having written a part. */
  readonly noSpace?: number
  /** A sync fails with EIO: what it was to save is taken for clean from then on and never reaches the disk, as on ext4, XFS and Btrfs. */
  readonly sync?: number
  /** A sync settles only when `settleSyncs` is called. */
  readonly slowSync?: number
}

/** What the process that died, or was told to die, meets at each call. */
export class ProcessCrashed extends Error {
  override readonly name = 'ProcessCrashed'

  constructor() {
    super('The process has crashed: its file system takes no calls any more')
  }
}

interface Failure {
  readonly code: string
  skip: number
  times: number
}

const RATES: readonly (readonly [keyof FaultRates, FaultPoint, string])[] = [
  ['open', 'open', 'EMFILE'],
  ['read', 'read', 'EIO'],
  ['write', 'write', 'EIO'],
  ['noSpace', 'write', 'ENOSPC'],
  ['sync', 'sync', 'EIO'],
  ['sync', 'syncFolder', 'EIO'],
]

export class FaultPlan {
  /** Calls made so far. */
  readonly calls: Record<FaultPoint, number> = { open: 0, read: 0, write: 0, truncate: 0, sync: 0, syncFolder: 0, names: 0 }
  crashed = false
  private readonly failures = new Map<FaultPoint, Failure>()
  /** Calls that change something until the one at which the process dies. */
  private callsLeft = Infinity

  constructor(
    private readonly rates: FaultRates,
    private readonly random: () => number,
  ) {}

  failNext(point: FaultPoint, code: string, skip: number, times: number): void {
    this.failures.set(point, { code, skip, times })
  }

  crashAfter(calls: number): void {
    this.callsLeft = calls
  }

  /** A call begins: throws when it is to fail. A write that fails or is cut short by the crash gets its part done first: `part` does it. */
  meet(point: FaultPoint, part: () => void = nothing): void {
    if (this.crashed) throw new ProcessCrashed()
    this.calls[point]++
    if (point !== 'read' && this.callsLeft-- <= 0) {
      part()
      this.crashed = true
      throw new ProcessCrashed()
    }
    const code = this.named(point) ?? this.chosen(point)
    if (code === null) return
    part()
    throw systemError(code, point)
  }

  isSlow(): boolean {
    return this.rates.slowSync !== undefined && this.random() < this.rates.slowSync
  }

  private named(point: FaultPoint): string | null {
    const failure = this.failures.get(point)
    if (failure === undefined || failure.skip-- > 0) return null
    if (--failure.times <= 0) this.failures.delete(point)
    return failure.code
  }

  private chosen(point: FaultPoint): string | null {
    for (const [rate, at, code] of RATES) {
      if (at === point && this.rates[rate] !== undefined && this.random() < (this.rates[rate] as number)) return code
    }
    return null
  }
}

/** An error as `node:fs` throws it. */
export function systemError(code: string, what: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: injected, ${what}`), { code })
}

function nothing(): void {
  // Only a write does a part before it fails.
}
