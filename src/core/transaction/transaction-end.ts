// Writes the end of a transaction: its markers, the offsets of its groups and the state of its id, all in one commit of the storage and
// under one sync. A storage that cannot commit to several logs at once gets the decision first, so that a crash in between is taken
// up where it stopped.

import { type Awaitable, chain, isPromise } from '../../lib/awaitable.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { Storage } from '../../storage/storage.js'
import type { OffsetToCommit } from '../cluster.js'
import type { Flusher } from '../flusher.js'
import type { GroupCoordinator } from '../group/group-coordinator.js'
import type { InternalLog } from '../internal-log.js'
import { type CommitPart, settleTogether, stricter, writeTogether } from '../joint-commit.js'
import type { Partition } from '../partition.js'
import type { Flush } from '../topic-config.js'
import type { TopicRegistry } from '../topic-registry.js'
import type { SettlementPart } from './settlement-part.js'
import type { TransactionEntry } from './transaction-entry.js'
import type { TransactionLog } from './transaction-log.js'

/** There is one coordinator, since ever. */
const COORDINATOR_EPOCH = 0

export interface EndParts {
  readonly storage: Storage
  readonly flusher: Flusher
  /** The broker's flush level: of offsets and states. */
  readonly level: Flush
  readonly now: () => number
  readonly log: TransactionLog
  readonly registry: TopicRegistry
  readonly groups: GroupCoordinator
  /** The state log of a queue that is not open. */
  readonly openStateLog: (queue: string) => Promise<InternalLog>
}

/** What the end is to be. */
export interface Ending {
  readonly commit: boolean
  /** The epoch that the markers carry. */
  readonly markerEpoch: number
  /** Who the producer is afterwards. */
  readonly producerId: number
  readonly producerEpoch: number
}

export class TransactionEnds {
  constructor(private readonly parts: EndParts) {}

  /** Settles when the end is written as the flush levels promise and readers see it. When it throws before that, the transaction is open as it was. */
  end(entry: TransactionEntry, ending: Ending, settlements: readonly SettlementPart[]): Awaitable<void> {
    const { storage, flusher } = this.parts
    const places = this.placesOf(entry)
    const level = settlements.reduce((strictest, part) => stricter(strictest, part.level ?? 'os'), this.levelOf(entry, places))
    const isAtomic = storage.supports.atomicCommit
    const decided = isAtomic ? undefined : this.decide(entry, ending, level)
    return chain(decided, () =>
      chain(this.gather(entry, ending, places, isAtomic), (gathered) => {
        const parts = [...gathered, ...settlements]
        return chain(writeTogether(storage, parts), () => settleTogether(flusher, level, parts))
      }),
    )
  }

  /** Says to the queues what was decided before a crash. They are not open yet; saying it twice changes nothing. */
  async settleAgain(entry: TransactionEntry): Promise<void> {
    const { registry, openStateLog, level, now } = this.parts
    for (const { queue, topic, topicId, words } of entry.settlements) {
      if (registry.find(topic)?.description.id !== topicId) continue
      const log = await openStateLog(queue)
      const writer = new BatchWriter({ slabBytes: words.length + 1024 })
      writer.append(null, words, now(), null)
      await log.append([writer.finish()], level)
      await log.close()
    }
  }

  /** Aborts what nobody can end any more, in one step. */
  abortAll(
    hanging: readonly { readonly partition: Partition; readonly producerId: number; readonly producerEpoch: number }[],
  ): Awaitable<void> {
    const { storage, flusher, now } = this.parts
    const timestamp = now()
    const rounds: CommitPart[][] = []
    const byPartition = new Map<Partition, number>()
    for (const { partition, producerId, producerEpoch } of hanging) {
      // Two parts of one commit are never of the same log.
      const round = byPartition.get(partition) ?? 0
      byPartition.set(partition, round + 1)
      const part = partition.markerPart({ kind: 'abort', producerId, producerEpoch, coordinatorEpoch: COORDINATOR_EPOCH, timestamp })
      rounds[round] = [...(rounds[round] ?? []), part]
    }
    const level = hanging.reduce<Flush>((strictest, { partition }) => stricter(strictest, partition.flush), 'os')
    const run = (at: number): Awaitable<void> => {
      const parts = rounds[at]
      if (parts === undefined) return undefined
      return chain(writeTogether(storage, parts), () => chain(settleTogether(flusher, level, parts), () => run(at + 1)))
    }
    return run(0)
  }

  /** The partitions that are still there. */
  private placesOf(entry: TransactionEntry): Partition[] {
    const places: Partition[] = []
    for (const { topic, partition } of entry.partitions.values()) {
      const place = this.parts.registry.find(topic)?.partitions[partition]
      if (place !== undefined) places.push(place)
    }
    return places
  }

  private levelOf(entry: TransactionEntry, places: readonly Partition[]): Flush {
    let level: Flush = entry.transactionalId === null && entry.groups.size === 0 ? 'os' : this.parts.level
    for (const { flush } of places) level = stricter(level, flush)
    return level
  }

  private decide(entry: TransactionEntry, { commit, markerEpoch }: Ending, level: Flush): Awaitable<void> {
    const record = entry.record(commit ? 'prepareCommit' : 'prepareAbort', markerEpoch, this.parts.now())
    return this.parts.log.writeTransaction(entry.key, record, level)
  }

  private gather(entry: TransactionEntry, ending: Ending, places: readonly Partition[], isAtomic: boolean): Awaitable<CommitPart[]> {
    const { groups, log, now } = this.parts
    const { commit, markerEpoch, producerId, producerEpoch } = ending
    const parts: CommitPart[] = places.map((place) =>
      place.markerPart({
        kind: commit ? 'commit' : 'abort',
        producerId: entry.producerId,
        producerEpoch: markerEpoch,
        coordinatorEpoch: COORDINATOR_EPOCH,
        timestamp: now(),
      }),
    )
    if (commit && entry.groups.size > 0) {
      const offsets = new Map<string, readonly OffsetToCommit[]>()
      for (const [group, there] of entry.groups) offsets.set(group, [...there.values()])
      parts.push(groups.transactionPart(offsets))
    }
    if (entry.transactionalId === null && isAtomic) return parts
    const complete = entry.record(commit ? 'completeCommit' : 'completeAbort', producerEpoch, now())
    const record = entry.transactionalId === null ? null : { ...complete, producerId }
    const part = log.transactionPart(entry.key, record)
    return isPromise(part) ? part.then((own) => [...parts, own]) : [...parts, part]
  }
}
