// What a queue gets from the broker around it: time, the partitions of its topic, and a log for its state.

import type { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import type { Storage } from '../storage/storage.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { Appended, NewTopic, TopicDescription } from './cluster.js'
import type { InternalLog } from './internal-log.js'
import type { Partition } from './partition.js'
import type { Flush } from './topic-config.js'

export interface QueueContext {
  readonly clock: Clock
  readonly random: () => number
  readonly storage: Storage
  /** The broker's flush level, for a queue that asks for none. */
  readonly flush: Flush
  /** The topic; created as `topic` says when it is not there. A queue's topic has retentionMs -1 unless `topic` says otherwise. */
  ensureTopic(name: string, topic?: NewTopic): Promise<TopicDescription>
  /** The topic, or undefined when there is none. */
  topic(name: string): TopicDescription | undefined
  /** UNKNOWN_TOPIC_OR_PARTITION. */
  partition(name: string, partition: number): Partition
  /** Appends one batch in the way of a producer: retention of the topic and the broker's `idle` know of it. */
  produce(topic: string, partition: number, batch: PackedBatch): Awaitable<Appended>
  /** The state log of the queue of that name, `__share_group_state-<queue>-0`, opened or created. It is opened once until it is closed. */
  openStateLog(queue: string): Promise<InternalLog>
  /** Calls `hook` when the topic is to be deleted, before its logs go: close the state there (the broker then removes its log). Answers how to stop that. */
  onTopicDeletion(name: string, hook: () => Awaitable<void>): () => void
  /** Calls `hook` with the name of a topic that has got more partitions or another configuration. Answers how to stop that. */
  onTopicChange(hook: (name: string) => void): () => void
  /** Tells the broker's users of a failure that no call can report. */
  report(error: KafkaliteError): void
}
