// One topic: its partitions and what is known of it.

import { KafkaliteError } from '../errors.js'
import type { TopicDescription } from './cluster.js'
import type { Partition } from './partition.js'
import { type ResolvedTopicConfig, resolveTopicConfig, type TopicConfig } from './topic-config.js'

/** A topic as the metadata log keeps it. */
export interface TopicRecord {
  readonly id: string
  readonly partitions: number
  /** What was asked for; the rest follows the broker's defaults. */
  readonly config: TopicConfig
  /** The logs are being removed: a broker that finds this goes on with it. */
  readonly deleting?: true | undefined
}

export class Topic {
  readonly partitions: Partition[] = []
  description: TopicDescription

  constructor(
    readonly name: string,
    private readonly defaults: ResolvedTopicConfig,
    public record: TopicRecord,
  ) {
    this.description = this.describe()
  }

  get config(): ResolvedTopicConfig {
    return this.description.config
  }

  /** UNKNOWN_TOPIC_OR_PARTITION. */
  partition(partition: number): Partition {
    const found = this.partitions[partition]
    if (found !== undefined) return found
    const count = this.partitions.length
    throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${this.name}" has partitions 0 to ${count - 1}, not ${partition}`)
  }

  /** Takes what the metadata log now says. */
  update(record: TopicRecord): void {
    this.record = record
    this.description = this.describe()
    for (const partition of this.partitions) partition.configure(this.config)
  }

  private describe(): TopicDescription {
    const { id, partitions, config } = this.record
    return { name: this.name, id, partitions, config: resolveTopicConfig(config, this.defaults), internal: false }
  }
}
