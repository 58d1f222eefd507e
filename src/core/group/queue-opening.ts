// Opening a queue: its topic, its state log and what that says, its parking log. What a crash left in disagreement is put right here,
// before anyone asks for a record.

import { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import { encodeUtf8 } from '../../lib/text.js'
import { partitionForKey } from '../../lib/murmur2.js'
import type { TopicDescription } from '../cluster.js'
import type { QueueContext } from '../queue-context.js'
import type { QueuePortOptions } from '../queue-port.js'
import type { Partition } from '../partition.js'
import { groupStateName, parkingLogName } from '../topic-name.js'
import { QueueLog, type QueueLogOptions } from './queue-log.js'
import { QueueParking } from './queue-parking.js'
import { QueueRecovery } from './queue-recovery.js'
import { RecordStates } from './record-state.js'

/** A queue's segments are smaller than a topic's, for only a whole one can be freed. Bytes. */
const SEGMENT_BYTES = 16 * 1024 * 1024

export interface QueueParts {
  readonly topic: TopicDescription
  /** What its logs are named by. */
  readonly stateName: string
  readonly log: QueueLog
  readonly recovery: QueueRecovery
  readonly parking: QueueParking
  /** The state log does not say how things are: a snapshot has to be written first. */
  readonly isStale: boolean
}

/** The first record of a partition that is handed out. `isNew`: there is no state yet. undefined: as the state says, or from the start. */
export type BeginAt = (partition: Partition, isNew: boolean) => Awaitable<number | undefined>

type Listeners = Pick<QueueLogOptions, 'snapshot' | 'onWritten' | 'onFailed' | 'onError'>

/** TOPIC_EXISTS_DIFFERENT, UNKNOWN_TOPIC_OR_PARTITION (no topic of the name in `source`). */
export async function openParts(
  context: QueueContext,
  name: string,
  options: QueuePortOptions,
  beginAt: BeginAt | undefined,
  listeners: Listeners,
): Promise<QueueParts> {
  const topic = await openTopic(context, name, options)
  const ends = Array.from({ length: topic.partitions }, (_, id) => context.partition(topic.name, id))
  const recovery = new QueueRecovery(ends)
  const stateName = options.source === undefined ? name : groupStateName(name, topic.id)
  const log = new QueueLog({
    log: await context.openStateLog(stateName),
    level: options.flush ?? context.flush,
    now: () => context.clock.now(),
    ...listeners,
  })
  try {
    await log.replay(recovery)
    const isOther = recovery.topicId !== topic.id
    if (isOther) recovery.discard()
    const dropped = recovery.finish()
    let hasMoved = false
    for (const [id, partition] of ends.entries()) {
      const begin = await beginAt?.(partition, isOther)
      if (begin === undefined) continue
      hasMoved = true
      recovery.states[id] = new RecordStates(begin)
    }
    const parking = new QueueParking(context.storage, parkingLogName(stateName))
    await parking.open(isOther)
    return { topic, stateName, log, recovery, parking, isStale: dropped || isOther || hasMoved }
  } catch (error) {
    await log.close()
    throw error
  }
}

/** The partition of a key, of so many. */
export function partitionOf(key: string, count: number): number {
  return partitionForKey(encodeUtf8(key), count)
}

async function openTopic(context: QueueContext, name: string, options: QueuePortOptions): Promise<TopicDescription> {
  const { source, partitions, priorities = 1, segmentBytes = SEGMENT_BYTES, flush } = options
  if (source !== undefined) {
    const topic = context.topic(source)
    if (topic !== undefined) return topic
    throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${source}" for queue ${name} to hand out records of`)
  }
  // Each level of urgency has partitions of its own, so that what waits on one costs nothing on the others.
  const total = partitions === undefined ? (priorities > 1 ? priorities : -1) : partitions * priorities
  const topic = await context.ensureTopic(name, { partitions: total, config: { retentionMs: -1, segmentBytes, flush } })
  if (partitions !== undefined ? total !== topic.partitions : topic.partitions % priorities !== 0) {
    const asked = priorities > 1 ? `${partitions ?? 1} for each of ${priorities} levels` : partitions
    throw new KafkaliteError('TOPIC_EXISTS_DIFFERENT', `Queue ${name} has ${topic.partitions} partitions, not ${asked}`)
  }
  return topic
}
