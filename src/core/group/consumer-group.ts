// One consumer group: who is in it, what each is meant to have, and the way there. A change of members or topics computes what each
// is meant to have; then members give back what is no longer theirs, and each partition goes to its new owner as soon as the old one
// has released it, while everything else goes on. All of that happens one turn after the change, so that a listener is never called
// from inside a call of its member, and the changes of one turn are one rebalance.

import { KafkaliteError } from '../../errors.js'
import type { Clock } from '../../lib/clock.js'
import type { GroupDescription, GroupState, JoinRequest, OffsetToCommit, TopicPartition } from '../cluster.js'
import { randomId } from '../random-id.js'
import type { Assignor, AssignorMember } from './assignor.js'
import { inOrder, keyOf } from './assignor.js'
import { GroupMember } from './group-member.js'
import { assignRange } from './range-assignor.js'
import { Subscription } from './subscription.js'
import { assignUniform } from './uniform-assignor.js'

/** group.consumer.session.timeout.ms: how long the place of a static member that went away is kept. */
const SESSION_TIMEOUT_MS = 45_000

const ASSIGNORS: Readonly<Record<'uniform' | 'range', Assignor>> = { uniform: assignUniform, range: assignRange }

/** The topics as a group sees them. */
export interface GroupTopics {
  names(): readonly string[]
  has(name: string): boolean
  /** Changes when the topic is another one, or has grown. */
  version(name: string): string
  partitions(name: string): number
}

export interface ConsumerGroupOptions {
  readonly id: string
  readonly clock: Clock
  readonly random: () => number
  readonly topics: GroupTopics
  readonly onChange: () => void
  readonly onError: (error: KafkaliteError) => void
  /** Some member is not in the group any more. */
  readonly onLeft: () => void
}

export class ConsumerGroup {
  readonly id: string
  epoch = 0
  private readonly members = new Map<string, GroupMember>()
  private readonly owners = new Map<string, GroupMember>()
  private topicsSeen = ''
  /** The targets are out of date. */
  private stale = false
  private scheduled = false

  constructor(private readonly options: ConsumerGroupOptions) {
    this.id = options.id
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): GroupState {
    if (this.members.size === 0) return 'empty'
    if (this.stale) return 'assigning'
    for (const member of this.members.values()) if (!member.away && !member.isReconciled) return 'reconciling'
    return 'stable'
  }

  describe(): GroupDescription {
    const members = [...this.members.values()].map((member) => ({
      id: member.id,
      ...(member.instanceId !== undefined && { instanceId: member.instanceId }),
      ...(member.clientId !== undefined && { clientId: member.clientId }),
      partitions: [...member.owned.values()].sort(inOrder),
    }))
    return {
      id: this.id,
      type: this.epoch > 0 || members.length > 0 ? 'consumer' : 'classic',
      state: this.state,
      epoch: this.epoch,
      members,
    }
  }

  /** UNRELEASED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR. A remote member comes with its id, and perhaps with partitions that it works on already. */
  join(request: JoinRequest, remote?: { readonly memberId: string; readonly owned?: readonly TopicPartition[] }): GroupMember {
    const { clock } = this.options
    if (request.assignor !== undefined && !Object.hasOwn(ASSIGNORS, request.assignor)) {
      throw new KafkaliteError(
        'UNSUPPORTED_ASSIGNOR',
        `Group "${this.id}" knows no assignor "${String(request.assignor)}"; expected 'uniform' or 'range'`,
      )
    }
    const before = request.instanceId === undefined ? undefined : this.holderOf(request.instanceId)
    const member = new GroupMember(remote?.memberId ?? this.newMemberId(), request, clock.now())
    if (before === undefined) {
      this.members.set(member.id, member)
      if (remote?.owned !== undefined) this.takeOver(member, remote.owned)
      this.changed()
    } else {
      this.replace(before, member)
    }
    this.watch(member)
    this.options.onChange()
    return member
  }

  /** The member goes on with what it has. */
  private takeOver(member: GroupMember, partitions: readonly TopicPartition[]): void {
    const free = partitions.filter((partition) => !this.owners.has(keyOf(partition)))
    member.setTarget(free)
    for (const partition of free) {
      this.owners.set(keyOf(partition), member)
      member.owned.set(keyOf(partition), partition)
    }
  }

  /** The topics that its members read. */
  topics(): ReadonlySet<string> {
    const { topics } = this.options
    const existing = topics.names()
    const read = new Set<string>()
    for (const { subscription } of this.members.values())
      for (const name of subscription.select(existing, (topic) => topics.has(topic))) read.add(name)
    return read
  }

  /** A remote member was heard of. From now on it may be silent for that long. Milliseconds. */
  heard(member: GroupMember, sessionTimeoutMs = member.maxPollIntervalMs): void {
    member.lastPolledMs = this.options.clock.now()
    const isShorter = sessionTimeoutMs < member.maxPollIntervalMs
    member.maxPollIntervalMs = sessionTimeoutMs
    if (isShorter) this.watchAnew(member)
  }

  get(memberId: string): GroupMember | undefined {
    return this.members.get(memberId)
  }

  all(): Iterable<GroupMember> {
    return this.members.values()
  }

  /** Takes the next steps now instead of at the end of the turn: for remote members, who are answered in the same call. */
  advance(): void {
    if (this.stale) this.assign()
    this.reconcile()
  }

  /** The name of the assignor that counts. */
  get assignorName(): 'uniform' | 'range' {
    return this.assignor() === assignRange ? 'range' : 'uniform'
  }

  /** Unlike any other in the group, even when a test hands in a `random` that always says the same. */
  private newMemberId(): string {
    const id = randomId(this.options.random)
    let unique = id
    for (let copy = 2; this.members.has(unique); copy++) unique = `${id}-${copy}`
    return unique
  }

  subscribe(member: GroupMember, topics: readonly string[] | RegExp): void {
    this.requireMember(member)
    const subscription = new Subscription(topics)
    if (subscription.equals(member.subscription)) return
    member.subscription = subscription
    this.changed()
  }

  /** The member has stopped working on these. What it was not asked for and gives back anyway comes to it again. */
  release(member: GroupMember, partitions: readonly TopicPartition[]): void {
    if (member.gone) return
    for (const partition of partitions) this.free(member, keyOf(partition))
    this.schedule()
  }

  leave(member: GroupMember, temporarily: boolean): void {
    if (member.gone) return
    if (temporarily && member.instanceId !== undefined) {
      const { clock } = this.options
      member.end(gone(this.id, member, 'it left'))
      member.away = true
      // What it was giving back, it has given back by leaving.
      for (const key of [...member.revoking]) this.free(member, key)
      member.timer = clock.setTimer(clock.now() + SESSION_TIMEOUT_MS, () => this.removeAway(member))
      this.schedule()
      this.options.onChange()
      return
    }
    this.remove(member, gone(this.id, member, 'it left'))
  }

  /** UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH. A partition that nobody has may still be committed by who had it. */
  checkCommit(member: GroupMember, offsets: readonly OffsetToCommit[]): void {
    this.requireMember(member)
    for (const offset of offsets) {
      const owner = this.owners.get(keyOf(offset))
      if (owner === undefined || owner === member) continue
      throw new KafkaliteError(
        'FENCED_MEMBER_EPOCH',
        `Partition ${offset.topic}-${offset.partition} belongs to another member of group "${this.id}" now; its offset was not committed`,
      )
    }
  }

  /** The same for a member known by its id, as a transaction names it. An epoch that is given must be the member's own. */
  checkCommitOf(memberId: string, epoch: number | undefined, offsets: readonly OffsetToCommit[]): void {
    const member = this.members.get(memberId)
    if (member === undefined) throw new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${this.id}" has no member "${memberId}"`)
    if (epoch !== undefined && epoch !== member.epoch)
      throw new KafkaliteError('FENCED_MEMBER_EPOCH', `Member "${memberId}" of group "${this.id}" has epoch ${member.epoch}, not ${epoch}`)
    this.checkCommit(member, offsets)
  }

  /** Topics came, went or grew: assigns anew if that touches the group. */
  topicsChanged(): void {
    if (this.members.size > 0 && this.topicsNow() !== this.topicsSeen) this.changed()
  }

  /** Ends all memberships; the broker closes. */
  close(): void {
    const error = new KafkaliteError('CLOSED', 'The broker was closed')
    for (const member of this.members.values()) member.end(error)
    this.members.clear()
    this.owners.clear()
  }

  private holderOf(instanceId: string): GroupMember | undefined {
    for (const member of this.members.values()) {
      if (member.instanceId !== instanceId) continue
      if (member.away) return member
      throw new KafkaliteError('UNRELEASED_INSTANCE_ID', `Group "${this.id}" has a live member with groupInstanceId "${instanceId}"`)
    }
    return undefined
  }

  /** A static member is back under a new id: it takes the place as it was. */
  private replace(before: GroupMember, member: GroupMember): void {
    before.timer?.cancel()
    this.members.delete(before.id)
    for (const key of [...before.owned.keys()]) this.free(before, key)
    member.target = before.target
    this.members.set(member.id, member)
    if (member.subscription.equals(before.subscription) && member.assignor === before.assignor) this.schedule()
    else this.changed()
  }

  private removeAway(member: GroupMember): void {
    member.timer = null
    if (!this.members.has(member.id)) return
    this.members.delete(member.id)
    for (const key of [...member.owned.keys()]) this.free(member, key)
    this.changed()
    this.options.onChange()
    this.options.onLeft()
  }

  private remove(member: GroupMember, error: KafkaliteError): void {
    member.end(error)
    this.members.delete(member.id)
    for (const key of [...member.owned.keys()]) this.free(member, key)
    this.changed()
    this.options.onChange()
    this.options.onLeft()
  }

  private free(member: GroupMember, key: string): void {
    if (!member.owned.delete(key)) return
    member.revoking.delete(key)
    this.owners.delete(key)
  }

  private requireMember(member: GroupMember): void {
    if (member.ended !== null) throw member.ended
  }

  /** One timer a member: it looks when the member could be late at the earliest, instead of being set anew at each poll. */
  private watch(member: GroupMember): void {
    const { clock } = this.options
    const deadline = deadlineOf(member)
    if (deadline === Number.POSITIVE_INFINITY) return
    member.timer = clock.setTimer(deadline, () => {
      if (deadlineOf(member) > clock.now()) this.watch(member)
      else this.expire(member)
    })
  }

  /** It could be late sooner than its timer looks. */
  private watchAnew(member: GroupMember): void {
    member.timer?.cancel()
    this.watch(member)
  }

  private expire(member: GroupMember): void {
    const lost = [...member.owned.values()]
    const error = gone(
      this.id,
      member,
      `it did not poll, or did not release what was asked back, for maxPollIntervalMs (${member.maxPollIntervalMs})`,
    )
    this.remove(member, error)
    this.tell(() => member.listener.lost(lost, error))
  }

  private changed(): void {
    this.stale = true
    this.schedule()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      if (this.stale) this.assign()
      this.reconcile()
    })
  }

  private topicsNow(): string {
    const { topics } = this.options
    return [...this.topics()]
      .sort()
      .map((name) => `${name}:${topics.version(name)}`)
      .join()
  }

  /** Computes what each member is meant to have. */
  private assign(): void {
    const { topics } = this.options
    this.stale = false
    this.epoch++
    this.topicsSeen = this.topicsNow()
    const existing = topics.names()
    const inputs: AssignorMember[] = [...this.members.values()].map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      topics: member.subscription.select(existing, (topic) => topics.has(topic)),
      target: [...member.target.values()],
    }))
    const assignment = this.assignor()(inputs, (topic) => topics.partitions(topic))
    for (const member of this.members.values()) member.setTarget(assignment.get(member.id) ?? [])
  }

  /** The one that most members ask for; of equals the default. */
  private assignor(): Assignor {
    let range = 0
    for (const member of this.members.values()) if (member.assignor === 'range') range++
    return range * 2 > this.members.size ? assignRange : assignUniform
  }

  /** Takes the next steps towards the targets and tells the members. */
  private reconcile(): void {
    const calls: (() => void)[] = []
    for (const member of this.members.values()) this.revokeFrom(member, calls)
    for (const member of this.members.values()) this.assignTo(member, calls)
    for (const member of this.members.values()) {
      if (member.away || !member.isReconciled) continue
      member.epoch = this.epoch
      calls.push(() => member.becomeReady())
    }
    for (const call of calls) this.tell(call)
    this.options.onChange()
  }

  private revokeFrom(member: GroupMember, calls: (() => void)[]): void {
    const revoked: TopicPartition[] = []
    for (const [key, partition] of [...member.owned]) {
      if (member.target.has(key) || member.revoking.has(key)) continue
      if (member.away) {
        this.free(member, key)
        continue
      }
      if (member.revoking.size === 0) member.revokingSinceMs = this.options.clock.now()
      member.revoking.add(key)
      revoked.push(partition)
    }
    // It may be late for that sooner than for anything else.
    if (revoked.length > 0 && member.releaseTimeoutMs < member.maxPollIntervalMs) this.watchAnew(member)
    if (revoked.length > 0) calls.push(() => !member.gone && member.listener.revoke(revoked))
  }

  private assignTo(member: GroupMember, calls: (() => void)[]): void {
    const assigned: TopicPartition[] = []
    for (const [key, partition] of member.target) {
      if (this.owners.has(key)) continue
      this.owners.set(key, member)
      member.owned.set(key, partition)
      assigned.push(partition)
    }
    if (assigned.length > 0 && !member.away) calls.push(() => !member.gone && member.listener.assigned(assigned))
  }

  /** A listener that throws must not keep the others from hearing. */
  private tell(call: () => unknown): void {
    try {
      call()
    } catch (cause) {
      this.options.onError(new KafkaliteError('INVALID_STATE', `A listener of group "${this.id}" has thrown`, { cause }))
    }
  }
}

function deadlineOf(member: GroupMember): number {
  const { lastPolledMs, maxPollIntervalMs, revoking, revokingSinceMs, releaseTimeoutMs } = member
  const polls = lastPolledMs + maxPollIntervalMs
  return revoking.size > 0 ? Math.min(polls, revokingSinceMs + releaseTimeoutMs) : polls
}

function gone(group: string, member: GroupMember, why: string): KafkaliteError {
  return new KafkaliteError('UNKNOWN_MEMBER_ID', `Member ${member.id} is not in group "${group}" any more: ${why}`)
}
