// Records that are given up, on their way to the dead letters. The state log says first that a record dies; from then on it is never
// handed out again, whatever happens. A copy that cannot be written is tried again until it can.

import type { PackedBatch } from '../../record/packed-batch.js'
import type { QueueContext } from '../queue-context.js'
import type { DeathNote, RecordPlace } from '../queue-port.js'
import { deadPlace, type DeadRecord, hasDeadLetter, writeDeadLetter } from './dead-letter.js'
import type { QueueLog } from './queue-log.js'
import type { DeathEntry, OpsWriter } from './queue-ops.js'
import { DYING } from './record-state.js'
import type { SharePartition } from './share-partition.js'

/** A dead letter that could not be written is tried again after this. Milliseconds. */
const RETRY_MS = 1000

export interface QueueBurialOptions {
  readonly context: QueueContext
  readonly topic: string
  readonly deadLetter: string | false
  readonly partitions: number
  readonly log: QueueLog
  /** The copy is written, or none is wanted: the record is finished. */
  readonly buried: (share: SharePartition, entry: DeathEntry, batch: PackedBatch | null) => void
  readonly wakeAt: (atMs: number) => void
}

export class QueueBurial {
  /** What is to be buried, and whether an earlier try may have left a copy. */
  private readonly deaths = new Map<string, { readonly entry: DeathEntry; tried: boolean }>()
  private readonly running = new Set<Promise<void>>()

  constructor(
    private readonly options: QueueBurialOptions,
    resumed: Iterable<DeathEntry>,
  ) {
    for (const entry of resumed) this.deaths.set(keyOf(entry), { entry, tried: true })
  }

  /** Writes into the state log's words that the record dies. */
  plan(share: SharePartition, offset: number, deliveryCount: number, note: DeathNote): void {
    const { context, deadLetter, partitions, log } = this.options
    const place = deadLetter === false ? { partition: 0, from: 0 } : deadPlace(context, deadLetter, share.id, partitions)
    const entry: DeathEntry = { partition: share.id, offset, deliveryCount, deadPartition: place.partition, deadFrom: place.from, note }
    this.deaths.set(keyOf(entry), { entry, tried: false })
    log.ops.dying(entry)
  }

  /** The words could not be written, and the record goes on living. */
  cancel(partition: number, offset: number): void {
    this.deaths.delete(keyOf({ partition, offset }))
  }

  /** For a snapshot: those whose words were written. */
  write(ops: OpsWriter, isDying: (place: RecordPlace) => boolean): void {
    for (const { entry } of this.deaths.values()) if (isDying(entry)) ops.dying(entry)
  }

  /** Buries a record that is dying, now that the state log says so. */
  bury(share: SharePartition, offset: number): Promise<void> {
    const work = this.work(share, offset)
    this.running.add(work)
    const over = (): void => void this.running.delete(work)
    work.then(over, over)
    return work
  }

  /** Tries again what failed; the words are repeated, for they may be what could not be written. */
  async retry(share: SharePartition, offset: number): Promise<void> {
    const death = this.deaths.get(keyOf({ partition: share.id, offset }))
    if (death === undefined) return
    share.states.renew(offset, Infinity)
    this.options.log.ops.dying(death.entry)
    try {
      await this.options.log.written()
    } catch (error) {
      this.later(share, offset)
      throw error
    }
    await this.bury(share, offset)
  }

  /** The record dies without being asked: its words are written and it is buried. */
  async die(share: SharePartition, offset: number, deliveryCount: number, note: DeathNote): Promise<void> {
    share.states.move(offset, DYING, deliveryCount, Infinity)
    this.plan(share, offset, deliveryCount, note)
    return this.retry(share, offset)
  }

  settled(): Promise<unknown> {
    return Promise.allSettled(this.running)
  }

  private async work(share: SharePartition, offset: number): Promise<void> {
    const death = this.deaths.get(keyOf({ partition: share.id, offset }))
    if (death === undefined) return
    const { context, deadLetter, topic, partitions } = this.options
    const { entry } = death
    try {
      const batch = await share.batchAt(offset)
      if (deadLetter !== false && batch !== null) {
        const dead: DeadRecord = { topic, batch, entry }
        if (!death.tried || !(await hasDeadLetter(context, deadLetter, dead))) {
          death.tried = true
          await writeDeadLetter(context, deadLetter, partitions, dead)
        }
      }
      this.deaths.delete(keyOf(entry))
      this.options.buried(share, entry, batch)
    } catch (error) {
      if (share.states.state(offset) === DYING) this.later(share, offset)
      throw error
    }
  }

  private later(share: SharePartition, offset: number): void {
    const retryMs = this.options.context.clock.now() + RETRY_MS
    share.states.renew(offset, retryMs)
    this.options.wakeAt(retryMs)
  }
}

function keyOf({ partition, offset }: RecordPlace): string {
  return `${partition}-${offset}`
}
