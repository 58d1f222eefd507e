// The partitions that a consumer has, each with its place. Here the start of a place is fixed: at the committed offset, else where
// `from` says. A start that depends on when it was looked up is committed at once, so that what is sent from then on is never
// skipped, whoever gets the partition next.

import type { Cluster, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import type { ConsumerNews } from './consumer-events.js'
import type { ConsumerSettings } from './consumer-options.js'
import { PartitionPlace } from './partition-place.js'
import { clampOffset, resolveStart, type StartPosition } from './start-position.js'

export interface AssignmentHost<V, K> {
  readonly cluster: Cluster
  readonly settings: ConsumerSettings<V, K>
  readonly news: ConsumerNews<V, K>
  /** Other places than before are to be fetched. */
  placesChanged(): void
  /** Commits the starts of places. */
  pin(offsets: readonly OffsetToCommit[]): Promise<void>
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

export class Assignment<V, K> {
  private readonly places = new Map<string, PartitionPlace<V, K>>()

  constructor(private readonly host: AssignmentHost<V, K>) {}

  get size(): number {
    return this.places.size
  }

  [Symbol.iterator](): IterableIterator<PartitionPlace<V, K>> {
    return this.places.values()
  }

  find(place: TopicPartition): PartitionPlace<V, K> | undefined {
    return this.places.get(nameOf(place))
  }

  /** INVALID_STATE when the partition is not assigned. */
  get(place: TopicPartition): PartitionPlace<V, K> {
    const found = this.find(place)
    if (found !== undefined) return found
    throw new KafkaliteError('INVALID_STATE', `Partition ${nameOf(place)} is not assigned to this consumer`)
  }

  list(): readonly TopicPartition[] {
    return [...this.places.values()].filter(({ revoking }) => !revoking).map(({ topic, partition }) => ({ topic, partition }))
  }

  /** Makes a place for each partition that has none. Nothing is read from it before its start is fixed. */
  add(partitions: readonly TopicPartition[]): PartitionPlace<V, K>[] {
    const added: PartitionPlace<V, K>[] = []
    for (const partition of partitions) {
      if (this.find(partition) !== undefined) continue
      const place = new PartitionPlace<V, K>(partition.topic, partition.partition)
      this.places.set(nameOf(partition), place)
      added.push(place)
    }
    return added
  }

  remove(places: Iterable<PartitionPlace<V, K>>): void {
    for (const place of places) {
      place.leave()
      if (this.places.get(nameOf(place)) === place) this.places.delete(nameOf(place))
    }
    this.host.placesChanged()
  }

  /** Fixes the starts. `isNew` are partitions that were not there when the consumer began: they are read from their first record. */
  async fix(places: readonly PartitionPlace<V, K>[], isNew: (place: TopicPartition) => boolean): Promise<void> {
    const { cluster, settings, news } = this.host
    try {
      const committed =
        settings.groupId === undefined
          ? []
          : await cluster.committedOffsets(
              settings.groupId,
              places.map(({ topic, partition }) => ({ topic, partition })),
            )
      const known = new Map(committed.map((offset) => [nameOf(offset), offset.offset]))
      const pins: OffsetToCommit[] = []
      const starts: number[] = []
      for (const place of places) {
        const offset = known.get(nameOf(place))
        const from: StartPosition = isNew(place) && settings.from === 'latest' ? 'earliest' : settings.from
        const start = offset ?? (await resolveStart(cluster, place, from, settings.isolation))
        starts.push(start)
        if (offset === undefined && from !== 'earliest') pins.push({ topic: place.topic, partition: place.partition, offset: start })
        else place.committed = offset ?? -1
      }
      await this.pin(pins)
      places.forEach((place, index) => this.begin(place, starts[index] as number))
      for (const { topic, partition, offset } of pins) {
        const place = this.find({ topic, partition })
        if (place !== undefined) place.committed = offset
      }
    } catch (error) {
      for (const place of places) if (!place.gone) place.failure = error as KafkaliteError
      if (places.some(({ gone }) => !gone)) news.error(error)
    }
    this.host.placesChanged()
  }

  /** Finds another offset for a place whose own is not in the partition, as `from` says. */
  async reset(place: PartitionPlace<V, K>): Promise<void> {
    const { cluster, settings } = this.host
    const { generation } = place
    try {
      const start = await resolveStart(cluster, place, settings.from, settings.isolation)
      const offset = await clampOffset(cluster, place, start, settings.isolation)
      if (!place.gone && place.generation === generation) place.moveTo(offset)
    } catch (error) {
      if (!place.gone) place.failure = error as KafkaliteError
    }
    this.host.placesChanged()
  }

  private begin(place: PartitionPlace<V, K>, start: number): void {
    // A seek that came first beats the committed offset.
    if (!place.gone && !place.isFixed) place.moveTo(start)
  }

  private async pin(pins: readonly OffsetToCommit[]): Promise<void> {
    if (pins.length > 0 && this.host.settings.groupId !== undefined) await this.host.pin(pins)
  }
}
