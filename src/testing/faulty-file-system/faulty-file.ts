// One file as the processes see it (the page cache) and as the disk has it, with what lies between: the writes and truncations since
// the last sync, in their order. A power cut takes from these what it likes; a process that dies takes nothing.

import { PagedBytes } from './paged-bytes.js'

/** A change that is not on the disk yet. */
type Change = { readonly position: number; readonly bytes: Uint8Array } | { readonly size: number }

/** What a power cut leaves of the changes that were not synced. */
type Loss = 'all' | 'none' | 'later' | 'torn' | 'scattered'

const LOSSES: readonly Loss[] = ['all', 'none', 'later', 'torn', 'scattered', 'scattered']

export class FaultyFile {
  readonly kind = 'file'

  constructor(
    /** As a process reads it. */
    readonly cache: PagedBytes = new PagedBytes(),
    private readonly disk: PagedBytes = new PagedBytes(),
    private readonly changes: Change[] = [],
    /** How many changes went before those in `changes`. */
    private gone = 0,
  ) {}

  write(bytes: Uint8Array, position: number): void {
    const copy = bytes.slice()
    this.cache.write(copy, position)
    this.changes.push({ position, bytes: copy })
  }

  truncate(size: number): void {
    this.cache.truncate(size)
    this.changes.push({ size })
  }

  /** A place in the order of changes: what a sync that begins now will make durable. */
  get place(): number {
    return this.gone + this.changes.length
  }

  /** Puts everything before the place on the disk. */
  persist(place: number): void {
    for (const change of this.take(place)) apply(this.disk, change)
  }

  /** A sync failed: the kernel takes the pages for clean, and they never reach the disk. */
  forget(place: number): void {
    this.take(place)
  }

  /** The same file for the next process: the page cache outlives the old one. */
  clone(): FaultyFile {
    return new FaultyFile(this.cache.clone(), this.disk.clone(), [...this.changes], this.gone)
  }

  /** What is on the disk after the power went. */
  afterPowerCut(random: () => number): FaultyFile {
    const left = this.disk.clone()
    const loss = LOSSES[Math.floor(random() * LOSSES.length)] as Loss
    if (this.changes.length > 0 && loss !== 'all') this.lose(left, loss, random)
    return new FaultyFile(left.clone(), left)
  }

  /** Writes into `left`, which is as the disk was, what became of the changes. */
  private lose(left: PagedBytes, loss: Loss, random: () => number): void {
    const { changes } = this
    const unit = random() < 0.5 ? 512 : 4096
    const kept = loss === 'none' ? changes.length : Math.floor(random() * (changes.length + 1))
    if (loss === 'scattered') return this.scatter(left, kept, unit, random)
    for (const change of changes.slice(0, kept)) apply(left, change)
    const next = changes[kept]
    if (loss === 'torn' && next !== undefined) apply(left, torn(next, unit, random))
  }

  /**
   * Each unit of the file (a sector or a page) stands as after some of the first `count` changes, of its own choice. The size may lag
   * behind. Truncations keep their order, as they do in the journal of a file system. A unit behind the old end that was never
   * written back holds zeros, or what lay on the disk there before.
   */
  private scatter(left: PagedBytes, count: number, unit: number, random: () => number): void {
    const versions = this.versions(count, unit, random)
    const sizeAt = random() < 0.5 ? Math.floor(random() * (count + 1)) : count
    const state = this.disk.clone()
    let { size } = state
    for (let at = 0; at < count; at++) {
      const change = this.changes[at] as Change
      apply(state, change)
      if (at + 1 === sizeAt) size = state.size
      if ('size' in change) left.clearFrom(change.size)
      for (const place of versions[at + 1] ?? []) left.copyRange(state, place * unit, (place + 1) * unit)
    }
    if (random() < 0.25) {
      for (const place of versions[0] ?? []) {
        if (place * unit >= this.disk.size) left.write(noise(unit, random), place * unit)
      }
    }
    left.truncate(size)
  }

  /** By how many changes had been made when they were written back: the units that the first `count` changes touch. */
  private versions(count: number, unit: number, random: () => number): number[][] {
    const versions: number[][] = []
    const seen = new Set<number>()
    const allOrNothing = random() < 0.5
    for (const change of this.changes.slice(0, count)) {
      if ('size' in change) continue
      const end = change.position + change.bytes.length
      for (let place = Math.floor(change.position / unit); place * unit < end; place++) {
        if (seen.has(place)) continue
        seen.add(place)
        const version = allOrNothing ? (random() < 0.5 ? 0 : count) : Math.floor(random() * (count + 1))
        const places = versions[version] ?? []
        places.push(place)
        versions[version] = places
      }
    }
    return versions
  }

  private take(place: number): Change[] {
    const count = Math.max(0, place - this.gone)
    this.gone += count
    return this.changes.splice(0, count)
  }
}

function apply(bytes: PagedBytes, change: Change): void {
  if ('size' in change) bytes.truncate(change.size)
  else bytes.write(change.bytes, change.position)
}

/** A write that got as far as some border between units. */
function torn(change: Change, unit: number, random: () => number): Change {
  if ('size' in change) return change
  const { position, bytes } = change
  const border = Math.floor((position + random() * bytes.length) / unit) * unit
  return { position, bytes: bytes.subarray(0, Math.max(0, border - position)) }
}

function noise(length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
