// The queues that are open, by the names of their state. A queue belongs to whoever opens it in this process; remote members of a share
// group find it there, or have it lent to them with the group's own settings. What is lent gives way when somebody in this process opens
// it: its options count, and what remote members hold goes back uncounted.

import type { TopicDescription } from './cluster.js'
import type { BeginAt } from './group/queue-opening.js'
import { openQueue } from './group/queue-state.js'
import type { QueueContext } from './queue-context.js'
import type { QueuePort, QueuePortOptions } from './queue-port.js'
import { groupStateName, parkingLogName, stateLogName } from './topic-name.js'
import { KafkaliteError } from '../errors.js'

interface OpenOne {
  readonly port: Promise<QueuePort>
  readonly isLent: boolean
}

export interface OpenQueuesOptions {
  readonly context: QueueContext
  readonly track: <T>(work: Promise<T>) => Promise<T>
}

export class OpenQueues {
  private readonly queues = new Map<string, OpenOne>()

  constructor(private readonly given: OpenQueuesOptions) {}

  /** For somebody in this process. TOPIC_EXISTS_DIFFERENT, UNKNOWN_TOPIC_OR_PARTITION. */
  open(name: string, options: QueuePortOptions): Promise<QueuePort> {
    const { source } = options
    if (source === undefined) return this.openOnce(name, false, name, options)
    const topic = this.given.context.topic(source)
    if (topic === undefined)
      throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${source}" for queue ${name} to hand out records of`)
    return this.openOnce(groupStateName(name, topic.id), false, name, options)
  }

  /** For remote members of a share group: the queue as it is open, or one with these options. */
  async lend(
    group: string,
    topic: TopicDescription,
    options: (isOwnQueue: boolean) => QueuePortOptions,
    beginAt: BeginAt,
  ): Promise<QueuePort> {
    const isOwn = await this.isOwnQueue(group, topic.name)
    return this.openOnce(isOwn ? group : groupStateName(group, topic.id), true, group, options(isOwn), beginAt)
  }

  /** Closes what is lent to the group, so that it is opened anew. NON_EMPTY_GROUP when somebody in this process has it. */
  async takeBack(group: string, topic: TopicDescription): Promise<void> {
    for (const key of [group, groupStateName(group, topic.id)]) {
      const there = this.queues.get(key)
      const port = await there?.port.catch(() => undefined)
      if (there === undefined || port === undefined || port.isClosed) continue
      if (key === group && group !== topic.name) continue
      if (port.isUsed) throw new KafkaliteError('NON_EMPTY_GROUP', `Group "${group}" has receivers in the broker's own process`)
      await port.close()
    }
  }

  /** Removes where the group stands in the topic. NON_EMPTY_GROUP. */
  async forget(group: string, topic: TopicDescription): Promise<void> {
    await this.takeBack(group, topic)
    const name = (await this.isOwnQueue(group, topic.name)) ? group : groupStateName(group, topic.id)
    this.queues.delete(name)
    const { storage } = this.given.context
    await storage.remove(stateLogName(name))
    await storage.remove(parkingLogName(name))
  }

  /** The topic is deleted, and with it the queue that it belonged to. */
  topicDeleted(name: string): void {
    this.queues.delete(name)
  }

  async close(): Promise<void> {
    for (const { port } of this.queues.values()) await (await port.catch(() => null))?.close()
  }

  private async openOnce(key: string, isLent: boolean, name: string, options: QueuePortOptions, beginAt?: BeginAt): Promise<QueuePort> {
    const there = this.queues.get(key)
    const port = await there?.port
    if (port !== undefined && !port.isClosed) {
      if (isLent || there?.isLent === false) return port
      await port.close()
    }
    if (this.queues.get(key) !== there) return this.openOnce(key, isLent, name, options, beginAt)
    const opening = this.given.track(openQueue(this.given.context, name, options, beginAt))
    this.queues.set(key, { port: opening, isLent })
    // A queue that could not be opened may be asked for again.
    opening.catch(() => this.queues.delete(key))
    return opening
  }

  /** A queue with a topic of its own is the share group of its name on that topic. */
  private async isOwnQueue(group: string, topic: string): Promise<boolean> {
    if (group !== topic) return false
    return this.queues.has(topic) || (await this.given.context.storage.list()).includes(stateLogName(topic))
  }
}
