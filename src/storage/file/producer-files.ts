// The files beside the segments of a log that say what its partition remembers of its producers: Kafka's .snapshot and .txnindex, and
// what Kafka has no room for. All of them can be made anew from the log, so none is ever trusted against it: a snapshot that does not
// check gives way to the one before, one ahead of the log is from a life that a power cut took back, and indexes that are not what
// the snapshot bears witness of are built again.

import type { AbortedRange, LogProducers, ProducerSnapshot, ProducerState } from '../log-producers.js'
import { ABORTED_ENTRY_BYTES, decodeAborted, encodeAborted } from './aborted-index.js'
import type { FileSystem, OpenFile } from './file-system.js'
import { type ProducerMemory, decodeMemory, encodeMemory, isWitnessed, witnessesOf, withMemory } from './producer-memory.js'
import { crcOfSnapshot, decodeSnapshot, encodeSnapshot } from './producer-snapshot.js'

/** Should the newest be damaged, the one before saves reading the whole log. */
const SNAPSHOTS_KEPT = 3

const SNAPSHOT_NAME = /^(\d{20})\.snapshot$/
const INDEX_NAME = /^(\d{20})\.txnindex$/

/** What stands in the folder of a log beside its segments, by offset. */
export interface ProducerFileNames {
  readonly snapshots: readonly number[]
  readonly indexes: readonly number[]
}

/** The log around these files. */
export interface ProducerLog {
  readonly folder: string
  readonly startOffset: number
  readonly endOffset: number
  /** Oldest first, at least one. */
  readonly pieces: readonly { readonly baseOffset: number }[]
  /** @throws KafkaliteError `STORAGE_FAILED`, `STORAGE_FENCED` or `CLOSED` */
  requireWritable(): void
}

/** Sorts the names in a folder out. */
export function producerFileNames(names: readonly string[]): ProducerFileNames {
  const offsets = (pattern: RegExp): number[] => {
    const found = names.flatMap((name) => pattern.exec(name)?.[1] ?? [])
    return found.map(Number).sort((a, b) => a - b)
  }
  return { snapshots: offsets(SNAPSHOT_NAME), indexes: offsets(INDEX_NAME) }
}

/** All producers have expired, and aborted transactions of theirs are left. */
function isOfAbortedAlone({ producers, aborted }: ProducerSnapshot): boolean {
  return producers.length === 0 && aborted !== null && aborted.length > 0
}

export class ProducerFiles implements LogProducers {
  onPiece: ((offset: number) => ProducerSnapshot) | null = null
  /** The offsets of the snapshots that are there, in order. */
  private snapshots: number[]
  /** How many entries the index of a segment has, by the segment's base; none where there is no file. */
  private readonly entries = new Map<number, number>()
  private lastAborted = -1
  /** Written and not synced. */
  private readonly unsynced = new Set<string>()
  /** Something is remembered in what is not synced. */
  needsSync = false

  constructor(
    private readonly log: ProducerLog,
    private readonly fileSystem: FileSystem,
    names: ProducerFileNames,
  ) {
    this.snapshots = [...names.snapshots]
    for (const base of names.indexes) this.entries.set(base, 0)
  }

  load(): ProducerSnapshot | null {
    for (let offset = this.snapshots.at(-1); offset !== undefined; offset = this.snapshots.at(-1)) {
      const loaded = offset <= this.log.endOffset ? this.loadAt(offset) : null
      if (loaded !== null) return loaded
      this.drop(offset)
    }
    this.forgetIndexes()
    return null
  }

  save(snapshot: ProducerSnapshot, durable: boolean): Promise<void> | undefined {
    this.log.requireWritable()
    if (isOfAbortedAlone(snapshot)) return this.saveBehindWitnesses(snapshot)
    this.write(snapshot)
    return durable ? this.sync() : undefined
  }

  noteAborted(range: AbortedRange): void {
    if (range.lastOffset <= this.lastAborted) return
    this.lastAborted = range.lastOffset
    const base = this.baseOf(range.lastOffset)
    const entries = this.entries.get(base) ?? 0
    const path = this.path(base, 'txnindex')
    try {
      this.put(path, encodeAborted([range]), entries * ABORTED_ENTRY_BYTES)
      this.entries.set(base, entries + 1)
      this.needsSync = true
    } catch {
      // An index that lacks an entry is not what the next snapshot bears witness of: it is built anew when the log is opened again.
    }
  }

  async forgetAborted(gone: readonly { readonly lastOffset: number }[]): Promise<void> {
    this.log.requireWritable()
    const markers = new Set(gone.map(({ lastOffset }) => lastOffset))
    for (const base of new Set(gone.map(({ lastOffset }) => this.baseOf(lastOffset)))) {
      const left = this.read(base)?.filter(({ lastOffset }) => !markers.has(lastOffset)) ?? []
      await this.replace(base, left)
    }
  }

  // What the log asks for.

  /** A segment begins at `offset`. */
  begun(offset: number): void {
    if (this.onPiece === null) return
    try {
      const snapshot = this.onPiece(offset)
      if (!isOfAbortedAlone(snapshot)) this.write(snapshot)
    } catch {
      // It saves work after a crash and nothing else.
    }
  }

  /** The log starts with another segment now. What goes with the segments before it are their indexes and the snapshots at their start. */
  shifted(removed: readonly { readonly baseOffset: number }[]): void {
    for (const { baseOffset } of removed) this.removeIndex(baseOffset)
    this.dropOlder(this.pieces[0] ?? 0)
  }

  /** The log ends at `offset` now. */
  cut(offset: number): void {
    for (const at of this.snapshots.filter((it) => it > offset)) this.drop(at)
    const last = this.baseOf(offset)
    for (const base of [...this.entries.keys()]) {
      if (base > last) this.removeIndex(base)
      else if (base === last) this.keepBelow(base, offset)
    }
    this.lastAborted = Math.min(this.lastAborted, offset - 1)
  }

  /** What the indexes of segments say that are about to become one. */
  gathered(bases: readonly number[]): readonly AbortedRange[] {
    return bases.flatMap((base) => this.read(base) ?? [])
  }

  /**
   * Segments became one. Snapshots that are not the newest go where they lie before its end: markers that stood behind them may have been
   * taken away since they were written.
   */
  async merged(bases: readonly number[], aborted: readonly AbortedRange[], endOffset: number): Promise<void> {
    const [first = 0, ...others] = bases
    for (const base of others) this.removeIndex(base)
    await this.replace(first, aborted)
    this.dropOlder(endOffset)
  }

  /** Settles when the files and their names are durable. */
  async sync(): Promise<void> {
    const paths = [...this.unsynced]
    this.unsynced.clear()
    this.needsSync = false
    for (const path of paths) {
      if (this.fileSystem.sizeOf(path) < 0) continue
      const file = this.fileSystem.open(path, 'open')
      await file.sync().finally(() => file.close())
    }
    await this.fileSystem.syncFolder(this.log.folder)
  }

  // Inside.

  private loadAt(offset: number): ProducerSnapshot | null {
    const file = this.fileSystem.readWhole(this.path(offset, 'snapshot'))
    const states = file === null ? null : decodeSnapshot(file)
    if (file === null || states === null) return null
    const more = this.fileSystem.readWhole(this.path(offset, 'producers'))
    const memory = more === null ? null : decodeMemory(more)
    if (more !== null && memory === null) return null
    // Kafka may have written a snapshot of the same offset since.
    return this.loaded(offset, states, memory?.snapshotCrc === crcOfSnapshot(file) ? memory : null)
  }

  private loaded(offset: number, states: ProducerState[], memory: ProducerMemory | null): ProducerSnapshot {
    const aborted = this.readIndexes(offset)
    // Without its witnesses a snapshot is Kafka's, or one of ours that a power cut has left alone: it may have taken an index as well.
    const isTrusted = memory === null ? states.length === 0 : aborted !== null && isWitnessed(memory, this.pieces[0] ?? 0, aborted)
    const isSound = aborted !== null && isTrusted
    if (!isSound) this.forgetIndexes()
    else this.lastAborted = aborted.at(-1)?.lastOffset ?? -1
    return { offset, producers: memory === null ? states : withMemory(states, memory), aborted: isSound ? aborted : null }
  }

  /** What the indexes say of markers below `offset`; what they say of others is cut off, for the log tells it again. */
  private readIndexes(offset: number): AbortedRange[] | null {
    const found: AbortedRange[] = []
    const bases = new Set(this.pieces)
    for (const base of [...this.entries.keys()].sort((a, b) => a - b)) {
      if (!bases.has(base)) this.removeIndex(base)
      else {
        const ranges = this.keepBelow(base, offset)
        if (ranges === null) return null
        found.push(...ranges)
      }
    }
    return found
  }

  private keepBelow(base: number, offset: number): readonly AbortedRange[] | null {
    const ranges = this.read(base)
    if (ranges === null) return null
    const kept = ranges.filter(({ lastOffset }) => lastOffset < offset)
    this.entries.set(base, kept.length)
    if (kept.length < ranges.length) {
      const file = this.fileSystem.open(this.path(base, 'txnindex'), 'open')
      this.using(file, () => file.truncate(kept.length * ABORTED_ENTRY_BYTES))
    }
    return kept
  }

  private read(base: number): AbortedRange[] | null {
    if (!this.entries.has(base)) return []
    const file = this.fileSystem.readWhole(this.path(base, 'txnindex'))
    const end = this.pieces.find((it) => it > base) ?? this.log.endOffset
    return file === null ? [] : decodeAborted(file, base, end)
  }

  private async replace(base: number, ranges: readonly AbortedRange[]): Promise<void> {
    if (ranges.length === 0) return this.removeIndex(base)
    this.entries.set(base, ranges.length)
    await this.fileSystem.replace(this.path(base, 'txnindex'), encodeAborted(ranges))
  }

  private write(snapshot: ProducerSnapshot): void {
    const { offset } = snapshot
    try {
      this.putMemory(snapshot)
      this.put(this.path(offset, 'snapshot'), encodeSnapshot(snapshot.producers), 0)
    } catch (error) {
      this.drop(offset)
      throw error
    }
    if (!this.snapshots.includes(offset)) this.snapshots = [...this.snapshots, offset].sort((a, b) => a - b)
    for (const old of this.snapshots.slice(0, -SNAPSHOTS_KEPT)) this.drop(old)
  }

  private putMemory({ offset, producers, aborted }: ProducerSnapshot): void {
    const path = this.path(offset, 'producers')
    if (producers.length === 0 && (aborted?.length ?? 0) === 0) {
      if (this.snapshots.includes(offset)) this.fileSystem.remove(path)
      return
    }
    const witnesses = aborted === null ? [] : witnessesOf(this.pieces, aborted)
    this.put(path, encodeMemory(crcOfSnapshot(encodeSnapshot(producers)), this.log.startOffset, witnesses, producers), 0)
    this.needsSync = true
  }

  /** The witnesses are durable before the snapshot is there, which without them would be taken for one of a log without transactions. */
  private async saveBehindWitnesses(snapshot: ProducerSnapshot): Promise<void> {
    this.putMemory(snapshot)
    await this.sync()
    this.log.requireWritable()
    this.write(snapshot)
    await this.sync()
  }

  /** Writes to a file and leaves nothing behind the bytes. */
  private put(path: string, bytes: Uint8Array, position: number): void {
    const file = this.fileSystem.open(path, 'create')
    this.unsynced.add(path)
    this.using(file, () => {
      file.truncate(position)
      file.write(bytes, 0, bytes.length, position)
    })
  }

  private using(file: OpenFile, work: () => void): void {
    try {
      work()
    } finally {
      file.close()
    }
  }

  private dropOlder(offset: number): void {
    for (const at of this.snapshots.slice(0, -1)) if (at < offset) this.drop(at)
  }

  private drop(offset: number): void {
    this.snapshots = this.snapshots.filter((it) => it !== offset)
    for (const ending of ['snapshot', 'producers']) this.removeFile(this.path(offset, ending))
  }

  private forgetIndexes(): void {
    for (const base of [...this.entries.keys()]) this.removeIndex(base)
    this.lastAborted = -1
  }

  private removeIndex(base: number): void {
    if (this.entries.delete(base)) this.removeFile(this.path(base, 'txnindex'))
  }

  private removeFile(path: string): void {
    this.unsynced.delete(path)
    this.fileSystem.remove(path)
  }

  private baseOf(offset: number): number {
    return this.pieces.findLast((base) => base <= offset) ?? this.pieces[0] ?? 0
  }

  private get pieces(): readonly number[] {
    return this.log.pieces.map(({ baseOffset }) => baseOffset)
  }

  private path(offset: number, ending: string): string {
    return `${this.log.folder}/${String(offset).padStart(20, '0')}.${ending}`
  }
}
