// The leader epochs of one log, in Kafka's file beside its segments. The batches say the same, each its own epoch, so the file is never
// trusted against them: missing, damaged or older than the log, it is made anew. It is read only when somebody asks, and after a crash.

import type { EpochStart, LogEpochs } from '../log-epochs.js'
import { beginEpoch, completeEpochs, cutEpochs, formatEpochs, parseEpochs, raiseEpochs } from './epoch-entries.js'
import type { EpochSearch, Epochs } from './epoch-entries.js'
import type { FileSystem } from './file-system.js'

export const EPOCHS_NAME = 'leader-epoch-checkpoint'

/** The log around the file. */
export interface EpochLog extends EpochSearch {
  readonly folder: string
  /** It is damaged and takes nothing: nothing beside it is changed either. */
  readonly isDamaged: boolean
}

export class EpochFile implements LogEpochs {
  /** What the file holds is not synced. */
  needsSync = false
  private entries: Epochs | null = null

  constructor(
    private readonly log: EpochLog,
    private readonly fileSystem: FileSystem,
    /** Raised by `advance` alone. */
    public current: number,
  ) {}

  starts(): readonly EpochStart[] {
    this.entries ??= this.load()
    return this.entries
  }

  /** The log is new. */
  create(): void {
    this.keep([{ epoch: this.current, startOffset: this.log.startOffset }])
  }

  /**
   * Begins an epoch at the end of the log that was never given before: above what the file says, what the batches say, and `known`, the
   * highest that was ever made durable for the log, undefined when that is not known.
   */
  advance(known: number | undefined): number {
    const { log } = this
    const file = parseEpochs(this.fileSystem.readWhole(this.path))
    const told = Math.max(known ?? 0, file?.at(-1)?.epoch ?? 0)
    const limit = known === undefined && file === null ? Number.POSITIVE_INFINITY : told
    const entries = completeEpochs(log, cutEpochs(file ?? [], log.endOffset), limit)
    this.current = Math.max(told, entries.at(-1)?.epoch ?? 0) + 1
    if (log.isDamaged) this.entries = entries
    else this.keep(beginEpoch(raiseEpochs(entries, log.startOffset), this.current, log.endOffset))
    return this.current
  }

  /** The log starts later now. */
  startMoved(): void {
    this.keep(raiseEpochs(this.starts(), this.log.startOffset))
  }

  /** The log was cut at its end. */
  cut(): void {
    const { endOffset } = this.log
    const entries = cutEpochs(this.starts(), endOffset)
    this.keep(entries.at(-1)?.epoch === this.current ? entries : beginEpoch(entries, this.current, endOffset))
  }

  /** Settles when the file is durable; its name becomes so with the folder. */
  async sync(): Promise<void> {
    this.needsSync = false
    if (this.fileSystem.sizeOf(this.path) < 0) return
    const file = this.fileSystem.open(this.path, 'open')
    await file.sync().finally(() => file.close())
  }

  private load(): Epochs {
    const file = parseEpochs(this.fileSystem.readWhole(this.path))
    const { log, current } = this
    const entries = raiseEpochs(completeEpochs(log, cutEpochs(file ?? [], log.endOffset + 1), current), log.startOffset)
    return entries.at(-1)?.epoch === current ? entries : beginEpoch(entries, current, log.endOffset)
  }

  private keep(entries: Epochs): void {
    this.entries = entries
    const draft = `${this.path}.tmp`
    try {
      const file = this.fileSystem.open(draft, 'create')
      try {
        const bytes = formatEpochs(entries)
        file.truncate(0)
        file.write(bytes, 0, bytes.length, 0)
      } finally {
        file.close()
      }
      this.fileSystem.rename(draft, this.path)
      // Of the only epoch there ever was nothing need be told.
      this.needsSync = this.current > 0
    } catch {
      // On a full disk the batches alone tell the epochs.
    }
  }

  private get path(): string {
    return `${this.log.folder}/${EPOCHS_NAME}`
  }
}
