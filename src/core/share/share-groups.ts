// All share groups that remote members are in. Who is a member lives in memory, as in Kafka's sessions; where a group stands in a topic is
// the state of the queue of that group and topic, and which topics those are is written down when a member first fetches.

import { KafkaliteError } from '../../errors.js'
import type { Clock } from '../../lib/clock.js'
import type { BrokerSettings } from '../broker-settings.js'
import type { TopicDescription } from '../cluster.js'
import type { BeginAt } from '../group/queue-opening.js'
import type { OpenQueues } from '../open-queues.js'
import type { QueuePort, QueuePortOptions, QueueSession } from '../queue-port.js'
import type {
  ShareGroupDescription,
  ShareGroupPort,
  ShareHeartbeat,
  ShareHeartbeatAnswer,
  SharePlace,
  ShareSettings,
} from '../share-group-port.js'
import { GroupConfigs } from './group-configs.js'
import type { GroupRecords } from './group-records.js'
import { ShareGroup } from './share-group.js'

export interface ShareGroupsOptions {
  readonly clock: Clock
  readonly settings: BrokerSettings
  readonly records: GroupRecords
  readonly queues: OpenQueues
  readonly topic: (name: string) => TopicDescription | undefined
  /** A group of another type has that id. */
  readonly isTaken: (groupId: string) => boolean
  readonly onChange: (groupId: string) => void
}

interface Lent {
  readonly port: QueuePort
  readonly session: QueueSession
}

export class ShareGroups implements ShareGroupPort {
  readonly configs: GroupConfigs
  private readonly groups = new Map<string, ShareGroup>()
  /** By group and topic id: what remote members acquire in. */
  private readonly lent = new Map<string, Promise<Lent>>()

  constructor(private readonly given: ShareGroupsOptions) {
    this.configs = new GroupConfigs(given.records, given.settings, (groupId) => this.configured(groupId))
  }

  heartbeat(request: ShareHeartbeat): ShareHeartbeatAnswer {
    const { groupId, memberEpoch } = request
    if (groupId === '') throw new KafkaliteError('INVALID_GROUP_ID', 'A group id is a text that is not empty')
    if (this.given.isTaken(groupId)) throw new KafkaliteError('GROUP_ID_NOT_FOUND', `Group "${groupId}" is no share group`)
    const group = this.groups.get(groupId)
    if (memberEpoch === 0) return (group ?? this.add(groupId)).heartbeat(request)
    if (group === undefined) throw notFound(groupId)
    return group.heartbeat(request)
  }

  describe(groupId: string): ShareGroupDescription | undefined {
    const group = this.groups.get(groupId)
    if (group !== undefined) return group.describe()
    return this.has(groupId) ? { groupId, state: 'empty', epoch: 0, members: [] } : undefined
  }

  settings(groupId: string): ShareSettings {
    return this.configs.shareSettings(groupId)
  }

  has(groupId: string): boolean {
    return this.groups.has(groupId) || this.given.records.get(groupId).shares !== undefined
  }

  hasMembers(groupId: string): boolean {
    return this.groups.get(groupId)?.isEmpty === false
  }

  ids(): readonly string[] {
    const recorded = [...this.given.records.entries()].filter(([, { shares }]) => shares !== undefined).map(([id]) => id)
    return [...new Set([...this.groups.keys(), ...recorded])]
  }

  async session(groupId: string, topicName: string): Promise<QueueSession> {
    const topic = this.requireTopic(topicName)
    const key = `${topic.id} ${groupId}`
    const there = this.lent.get(key)
    const lent = await there?.catch(() => undefined)
    if (lent !== undefined && !lent.port.isClosed) return lent.session
    if (this.lent.get(key) !== there) return this.session(groupId, topicName)
    const opening = this.lend(groupId, topic)
    this.lent.set(key, opening)
    return (await opening).session
  }

  async places(groupId: string, topics: readonly string[] | null): Promise<readonly SharePlace[]> {
    if (!this.has(groupId)) throw notFound(groupId)
    const { shares = {} } = this.given.records.get(groupId)
    const places: SharePlace[] = []
    for (const name of topics ?? Object.keys(shares)) {
      const topic = this.given.topic(name)
      if (topic === undefined) continue
      if (shares[name] !== topic.id) {
        for (let partition = 0; partition < topic.partitions; partition++) places.push({ topic: name, partition, startOffset: -1, lag: -1 })
        continue
      }
      const port = await this.open(groupId, topic)
      for (const place of port.places()) places.push({ topic: name, ...place })
    }
    return places
  }

  async moveTo(groupId: string, topicName: string, starts: ReadonlyMap<number, number>): Promise<void> {
    const topic = await this.still(groupId, topicName)
    await this.open(groupId, topic, (partition, isNew) => starts.get(partition.partition) ?? this.beginOf(groupId)(partition, isNew))
    await this.record(groupId, topic)
  }

  async forget(groupId: string, topicName: string): Promise<void> {
    const topic = await this.still(groupId, topicName)
    await this.given.queues.forget(groupId, topic)
    const { records } = this.given
    const { [topicName]: _, ...shares } = records.get(groupId).shares ?? {}
    await records.write(groupId, { ...records.get(groupId), shares })
  }

  /** With where it stands. NON_EMPTY_GROUP. */
  async delete(groupId: string): Promise<void> {
    const { records, queues } = this.given
    if (this.hasMembers(groupId)) throw nonEmpty(groupId)
    for (const name of Object.keys(records.get(groupId).shares ?? {})) {
      const topic = this.given.topic(name)
      if (topic === undefined) continue
      await this.letGo(groupId, topic)
      await queues.forget(groupId, topic)
    }
    this.groups.delete(groupId)
    const { configs = {} } = records.get(groupId)
    await records.write(groupId, { configs })
    this.given.onChange(groupId)
  }

  /** Nobody stands in a topic that is gone. */
  async topicDeleted(name: string): Promise<void> {
    const { records } = this.given
    for (const [id, record] of [...records.entries()]) {
      if (record.shares?.[name] === undefined) continue
      const { [name]: _, ...shares } = record.shares
      await records.write(id, { ...record, shares })
    }
  }

  close(): void {
    for (const group of this.groups.values()) group.close()
  }

  private add(id: string): ShareGroup {
    const { clock, settings, topic, onChange } = this.given
    const group = new ShareGroup({
      id,
      clock,
      maxSize: settings.groupShareMaxSize,
      settings: () => this.settings(id),
      partitions: (name) => topic(name)?.partitions ?? 0,
      onChange: () => onChange(id),
    })
    this.groups.set(id, group)
    return group
  }

  private async lend(groupId: string, topic: TopicDescription): Promise<Lent> {
    const port = await this.open(groupId, topic)
    await this.record(groupId, topic)
    // As who opened it has it: remote members take what there is.
    return { port, session: port.session() }
  }

  private open(groupId: string, topic: TopicDescription, beginAt?: BeginAt): Promise<QueuePort> {
    return this.given.queues.lend(groupId, topic, (isOwn) => this.optionsOf(groupId, topic, isOwn), beginAt ?? this.beginOf(groupId))
  }

  private async record(groupId: string, { name, id }: TopicDescription): Promise<void> {
    const { records } = this.given
    const record = records.get(groupId)
    if (record.shares?.[name] === id) return
    await records.write(groupId, { ...record, shares: { ...record.shares, [name]: id } })
    this.given.onChange(groupId)
  }

  /** Those of the group at the time when they are used: its configs may change. */
  private optionsOf(groupId: string, topic: TopicDescription, isOwnQueue: boolean): QueuePortOptions {
    const settings = (): ShareSettings => this.settings(groupId)
    return {
      source: isOwnQueue ? undefined : topic.name,
      deadLetter: isOwnQueue ? `${groupId}.dead` : false,
      isolation: settings().isolation,
      get lockMs() {
        return settings().lockMs
      },
      get maxDeliveries() {
        return settings().maxDeliveries
      },
      get maxInFlight() {
        return settings().maxLocks * topic.partitions
      },
    }
  }

  /** share.auto.offset.reset, where the group has not been. */
  private beginOf(groupId: string): BeginAt {
    return (partition, isNew) => {
      const { beginAt } = this.settings(groupId)
      if (!isNew || beginAt === 'earliest') return undefined
      if (beginAt === 'latest') return partition.endOffset
      return this.firstSince(partition, this.given.clock.now() - beginAt)
    }
  }

  private async firstSince(partition: Parameters<BeginAt>[0], timestamp: number): Promise<number> {
    const found = await partition.find({ timestamp }, 'read_uncommitted')
    return found?.offset ?? partition.endOffset
  }

  /** How records are read cannot change while they are. */
  private async configured(groupId: string): Promise<void> {
    const { isolation } = this.settings(groupId)
    for (const [key, lent] of this.lent) {
      if (!key.endsWith(` ${groupId}`)) continue
      const { port, session } = await lent
      const topic = this.given.topic(session.topic)
      // Undefined: somebody in this process says how the queue is read.
      if (topic === undefined || port.options.isolation === undefined || port.options.isolation === isolation) continue
      await this.letGo(groupId, topic)
      await this.given.queues.takeBack(groupId, topic).catch(() => undefined)
    }
  }

  /** The topic, if nobody is in the group. */
  private async still(groupId: string, topicName: string): Promise<TopicDescription> {
    if (!this.has(groupId)) throw notFound(groupId)
    if (this.hasMembers(groupId)) throw nonEmpty(groupId)
    const topic = this.requireTopic(topicName)
    await this.letGo(groupId, topic)
    await this.given.queues.takeBack(groupId, topic)
    return topic
  }

  /** Remote members acquire nothing in the topic any more, until somebody asks again. */
  private async letGo(groupId: string, { id }: TopicDescription): Promise<void> {
    const key = `${id} ${groupId}`
    const lent = await this.lent.get(key)?.catch(() => undefined)
    this.lent.delete(key)
    await lent?.session.close()
  }

  private requireTopic(name: string): TopicDescription {
    const topic = this.given.topic(name)
    if (topic === undefined) throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${name}"`)
    return topic
  }
}

function notFound(groupId: string): KafkaliteError {
  return new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no share group "${groupId}"`)
}

function nonEmpty(groupId: string): KafkaliteError {
  return new KafkaliteError('NON_EMPTY_GROUP', `Group "${groupId}" has members; close its consumers first`)
}
