// All consumer groups of the broker: finds the group of a call, hands memberships out, and keeps commits and administration to their
// rules. Who has which partition is the group's matter; what was committed is CommittedOffsets'.

import type { EventEmitter } from 'eventemitter3'
import { describe, KafkaliteError } from '../../errors.js'
import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import type { ClusterEvents, GroupDescription, JoinRequest, Membership, OffsetToCommit, TopicPartition } from '../cluster.js'
import type { TopicRegistry } from '../topic-registry.js'
import type { BrokerSettings } from '../broker-settings.js'
import type { CommitPart } from '../joint-commit.js'
import type { TransactionOffsets } from '../transaction-port.js'
import { BridgedMembers } from './bridged-members.js'
import { ClassicGroups } from './classic-groups.js'
import { describeClassic } from './classic-description.js'
import { checkOffset, type CommittedOffsets } from './committed-offsets.js'
import { ConsumerMembers } from './consumer-members.js'
import { ConsumerGroup, type GroupTopics } from './consumer-group.js'
import type { GroupMember } from './group-member.js'
import { OffsetsExpiry } from './offsets-expiry.js'
import { describeShare } from '../share/share-description.js'
import type { ShareGroups } from '../share/share-groups.js'

export interface GroupCoordinatorOptions {
  readonly settings: BrokerSettings
  readonly clock: Clock
  readonly random: () => number
  readonly registry: TopicRegistry
  readonly offsets: CommittedOffsets
  readonly share: ShareGroups
  readonly events: EventEmitter<ClusterEvents>
  /** Counts a write that is under way. */
  readonly track: <T>(answer: Awaitable<T>) => Awaitable<T>
  /** Work in the background failed. */
  readonly onError: (error: unknown) => void
}

export class GroupCoordinator {
  private readonly groups = new Map<string, ConsumerGroup>()
  private readonly topics: GroupTopics
  /** Groups whose members compute the assignment themselves. */
  readonly classic: ClassicGroups
  /** Remote members of groups whose assignment is computed here. */
  readonly consumer: ConsumerMembers
  private readonly bridged: BridgedMembers
  private readonly expiry: OffsetsExpiry

  constructor(private readonly options: GroupCoordinatorOptions) {
    const { registry } = options
    this.topics = {
      names: () => [...registry.all()].map(({ name }) => name),
      has: (name) => registry.find(name) !== undefined,
      version: (name) => {
        const topic = registry.find(name)
        return topic === undefined ? '' : `${topic.description.id}:${topic.partitions.length}`
      },
      partitions: (name) => registry.find(name)?.partitions.length ?? 0,
    }
    for (const id of options.offsets.ids()) this.groupOf(id)
    const find = (id: string): ConsumerGroup | undefined => this.groups.get(id)
    this.bridged = new BridgedMembers(find)
    this.consumer = new ConsumerMembers({
      sessionTimeoutMs: (id) => options.share.configs.consumerSettings(id).sessionTimeoutMs,
      find,
      open: (id) => this.openForConsumers(id, 'GROUP_ID_NOT_FOUND'),
      classicHost: (id, memberId) => this.bridged.hostOf(id, memberId),
    })
    this.classic = new ClassicGroups({
      bridged: this.bridged,
      checkEpoch: (id, memberId, epoch) => this.consumer.checkEpoch(id, memberId, epoch),
      settings: options.settings,
      clock: options.clock,
      random: options.random,
      onChange: (id) => options.events.emit('groupChanged', id),
      isTaken: (id) => this.groups.get(id)?.isEmpty === false || options.share.has(id),
      hasOffsets: (id) => options.offsets.has(id),
      read: (id, partitions) => options.offsets.of(id, partitions),
      readBy: (id) => find(id)?.topics() ?? new Set(),
      remove: (id, partitions) => options.track(options.offsets.removePartitions(id, partitions)),
      write: (id, offsets) => options.track(this.write(id, offsets)),
    })
    const { offsetsRetentionMinutes: retentionMinutes, offsetsRetentionCheckIntervalMs: intervalMs } = options.settings
    this.expiry = new OffsetsExpiry({
      clock: options.clock,
      offsets: options.offsets,
      retentionMinutes,
      intervalMs,
      readBy: (id) => (this.classic.hasMembers(id) ? 'all' : (find(id)?.topics() ?? new Set())),
      remove: async (id, partitions) => options.track(this.expire(id, partitions)),
      onError: (error) => options.onError(error),
    })
    options.events.on('groupChanged', (id) => this.expiry.changed(id))
  }

  /** INVALID_GROUP_ID, INVALID_ARGUMENT, UNRELEASED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR. */
  join(request: JoinRequest): Membership {
    checkGroupId(request.groupId)
    if (!(request.maxPollIntervalMs > 0)) {
      throw new KafkaliteError(
        'INVALID_ARGUMENT',
        `maxPollIntervalMs must be a positive number of milliseconds, not ${describe(request.maxPollIntervalMs)}`,
      )
    }
    const group = this.openForConsumers(request.groupId, 'INCONSISTENT_GROUP_PROTOCOL')
    return this.membership(group, group.join(request))
  }

  /** NON_EMPTY_GROUP, UNKNOWN_TOPIC_OR_PARTITION. */
  commitFromOutside(groupId: string, offsets: readonly OffsetToCommit[]): Awaitable<void> {
    checkGroupId(groupId)
    if (this.hasMembers(groupId)) throw nonEmpty(groupId)
    for (const { topic, partition, offset } of offsets) {
      this.options.registry.get(topic).partition(partition)
      if (offset < 0)
        throw new KafkaliteError(
          'INVALID_ARGUMENT',
          `The offset to commit for ${topic}-${partition} is a whole number from 0, not ${offset}`,
        )
    }
    return this.write(groupId, offsets)
  }

  /** Whether the offsets may be committed in a transaction. INVALID_GROUP_ID, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, and those of the offsets. */
  checkTransaction({ groupId, member, offsets }: TransactionOffsets): void {
    checkGroupId(groupId)
    for (const { topic, partition, offset, metadata } of offsets) checkOffset(topic, partition, offset, metadata)
    if (member === undefined) return
    const group = this.groups.get(groupId)
    if (group === undefined) throw new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${groupId}" has no member "${member.memberId}"`)
    group.checkCommitOf(member.memberId, member.epoch, offsets)
  }

  /** The offsets of a transaction as a part of its commit. Those of topics that are gone are left out. */
  transactionPart(groups: ReadonlyMap<string, readonly OffsetToCommit[]>): CommitPart {
    const kept = new Map<string, readonly OffsetToCommit[]>()
    for (const [group, offsets] of groups) {
      const there = offsets.filter(({ topic, partition }) => partition < this.topics.partitions(topic))
      if (there.length > 0) kept.set(group, there)
    }
    return {
      ...this.options.offsets.part(kept),
      settled: () => {
        this.expiry.arm()
        for (const group of kept.keys()) {
          this.groupOf(group)
          this.options.events.emit('committed', group)
        }
      },
    }
  }

  committed(groupId: string, partitions?: readonly TopicPartition[]): readonly OffsetToCommit[] {
    const committed = this.options.offsets.of(groupId, partitions)
    return committed.some(({ offset }) => offset < 0) ? committed.filter(({ offset }) => offset >= 0) : committed
  }

  list(): readonly GroupDescription[] {
    const ids = new Set([...this.groups.keys(), ...this.classic.ids()])
    return [...ids, ...this.options.share.ids()].map((id) => this.describe(id))
  }

  /** Whether there is a group of that id that shares no records. */
  has(groupId: string): boolean {
    return this.groups.has(groupId) || this.classic.has(groupId)
  }

  /** GROUP_ID_NOT_FOUND. */
  describe(groupId: string): GroupDescription {
    const shared = this.has(groupId) ? undefined : this.options.share.describe(groupId)
    if (shared !== undefined) return describeShare(shared)
    const isClassic = this.classic.hasMembers(groupId) || !this.groups.has(groupId)
    const classic = isClassic ? this.classic.describe(groupId) : undefined
    return classic === undefined ? this.get(groupId).describe() : describeClassic(classic)
  }

  /** NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  async delete(groupId: string): Promise<void> {
    if (!this.has(groupId) && this.options.share.has(groupId)) return this.options.share.delete(groupId)
    if (this.hasMembers(groupId)) throw nonEmpty(groupId)
    if (!this.classic.has(groupId)) this.get(groupId)
    await this.options.offsets.remove(groupId)
    // Somebody may have joined while the storage wrote.
    if (this.groups.get(groupId)?.isEmpty === true) this.groups.delete(groupId)
    this.classic.forget(groupId)
    this.options.events.emit('committed', groupId)
    this.options.events.emit('groupChanged', groupId)
  }

  topicsChanged(): void {
    for (const group of this.groups.values()) group.topicsChanged()
  }

  /** Offsets in a topic go with it: a new topic of the name begins at its own start. */
  async removeTopic(topic: string): Promise<void> {
    for (const group of await this.options.offsets.removeTopic(topic)) this.options.events.emit('committed', group)
  }

  close(): void {
    this.expiry.close()
    for (const group of this.groups.values()) group.close()
    this.classic.close()
  }

  /** The group of members whose assignment is computed here. Those of the classic protocol that it has go on in it. */
  private openForConsumers(groupId: string, code: 'INCONSISTENT_GROUP_PROTOCOL' | 'GROUP_ID_NOT_FOUND'): ConsumerGroup {
    if (this.options.share.has(groupId)) throw new KafkaliteError(code, `Group "${groupId}" is a share group`)
    const moving = this.classic.handOver(groupId)
    if (this.classic.hasMembers(groupId))
      throw new KafkaliteError(code, `Group "${groupId}" has members of the classic protocol that are no consumers`)
    const group = this.groupOf(groupId)
    if (moving !== null) this.bridged.receive(group, moving)
    this.classic.forget(groupId)
    return group
  }

  /** When only members of the classic protocol are left, they assign among themselves again. */
  private returnToClassic(group: ConsumerGroup): void {
    if (!this.bridged.areAlone(group)) return
    const moving = this.bridged.release(group)
    this.groups.delete(group.id)
    this.classic.receive(group.id, moving)
  }

  private membership(group: ConsumerGroup, member: GroupMember): Membership {
    const { clock, track } = this.options
    return {
      memberId: member.id,
      get epoch() {
        return member.epoch
      },
      ready: member.ready,
      assignment: () => (member.gone ? [] : member.assignment()),
      subscribe: (topics) => group.subscribe(member, topics),
      polled: () => {
        member.lastPolledMs = clock.now()
      },
      released: (partitions) => group.release(member, partitions),
      commit: (offsets) => {
        for (const { topic, partition, offset } of offsets)
          if (offset < 0)
            throw new KafkaliteError(
              'INVALID_ARGUMENT',
              `The offset to commit for ${topic}-${partition} is a whole number from 0, not ${offset}`,
            )
        group.checkCommit(member, offsets)
        // A topic may have gone since its records were read; then there is nothing left to keep a place in.
        const kept = offsets.filter(({ topic, partition }) => partition < this.topics.partitions(topic))
        return track(this.write(group.id, kept))
      },
      leave: (options) => group.leave(member, options?.temporarily === true),
    }
  }

  private write(groupId: string, offsets: readonly OffsetToCommit[]): Awaitable<void> {
    if (offsets.length === 0) return undefined
    return chain(this.options.offsets.commit(groupId, offsets), () => {
      this.expiry.arm()
      this.groupOf(groupId)
      this.options.events.emit('committed', groupId)
    })
  }

  /** A group of which nothing is left goes, too. */
  private async expire(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    const { offsets, events } = this.options
    const isAll = partitions.length === offsets.of(groupId).length
    if (isAll && !this.hasMembers(groupId) && (this.groups.has(groupId) || this.classic.has(groupId))) return this.delete(groupId)
    await offsets.removePartitions(groupId, partitions)
    events.emit('committed', groupId)
  }

  private hasMembers(groupId: string): boolean {
    return this.groups.get(groupId)?.isEmpty === false || this.classic.hasMembers(groupId)
  }

  private get(groupId: string): ConsumerGroup {
    const group = this.groups.get(groupId)
    if (group === undefined) throw new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no group ${describe(groupId)}`)
    return group
  }

  private groupOf(id: string): ConsumerGroup {
    let group = this.groups.get(id)
    if (group === undefined) {
      const { clock, random, events } = this.options
      group = new ConsumerGroup({
        id,
        clock,
        random,
        topics: this.topics,
        onChange: () => events.emit('groupChanged', id),
        onError: (error) => events.emit('error', error),
        onLeft: () => queueMicrotask(() => this.groups.get(id) === made && this.returnToClassic(made)),
      })
      const made = group
      this.groups.set(id, group)
    }
    return group
  }
}

function checkGroupId(groupId: unknown): void {
  if (typeof groupId === 'string' && groupId.length > 0) return
  throw new KafkaliteError('INVALID_GROUP_ID', `A group id is a text that is not empty, not ${describe(groupId)}`)
}

function nonEmpty(groupId: string): KafkaliteError {
  return new KafkaliteError('NON_EMPTY_GROUP', `Group "${groupId}" has members; close its consumers first`)
}
