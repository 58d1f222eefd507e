// One group of the classic protocol. Its members compute the assignment among themselves; the broker only makes them meet:
//
//   Empty -> PreparingRebalance -> CompletingRebalance -> Stable
//            (all join anew)       (the leader assigns)
//
// Every change of members leads back to PreparingRebalance. There the group waits until all members that it knows have joined, at most
// the longest of their rebalance timeouts; who has not come by then is out, except static members, whose place is theirs until their
// session ends. Then the generation grows and everybody is answered at once.

import { KafkaliteError } from '../../errors.js'
import type { Clock, Timer } from '../../lib/clock.js'
import type {
  ClassicGroupDescription,
  ClassicGroupState,
  ClassicJoinAnswer,
  ClassicJoinRequest,
  ClassicMemberIdentity,
  ClassicSyncAnswer,
  ClassicSyncRequest,
} from '../classic-group-port.js'
import type { BrokerSettings } from '../broker-settings.js'
import { type MovingMember, subscriptionOf } from './bridged-members.js'
import { ClassicMember } from './classic-member.js'
import { chooseProtocol, hasCommonProtocol } from './classic-protocol-choice.js'

export interface ClassicGroupOptions {
  readonly id: string
  readonly clock: Clock
  readonly settings: Pick<BrokerSettings, 'groupMaxSize' | 'groupInitialRebalanceDelayMs'>
  /** Members, assignment or state changed. */
  readonly onChange: () => void
}

export class ClassicGroup {
  readonly id: string
  state: ClassicGroupState = 'Empty'
  generation = 0
  private protocolType = ''
  private protocol = ''
  private leader: string | null = null
  private readonly members = new Map<string, ClassicMember>()
  /** Member ids by instance ids. */
  private readonly statics = new Map<string, string>()
  /** Ids that were given out and have not joined yet, with the timers that forget them. */
  private readonly pending = new Map<string, Timer>()
  /** Ends PreparingRebalance with those who came, or CompletingRebalance without those who did not sync. */
  private deadline: Timer | null = null
  private preparingSinceMs = 0
  /** Until when a group that was empty waits for more members. */
  private gatheringUntilMs = 0

  constructor(private readonly options: ClassicGroupOptions) {
    this.id = options.id
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  /** Nothing would be lost with it. */
  get isForgettable(): boolean {
    return this.isEmpty && this.pending.size === 0
  }

  describe(): ClassicGroupDescription {
    const isAssigned = this.state === 'Stable'
    const members = [...this.members.values()].map(({ id, instanceId, clientId, clientHost, assignment, ...member }) => ({
      memberId: id,
      instanceId,
      clientId,
      clientHost,
      metadata: isAssigned ? (member.protocols.find(({ name }) => name === this.protocol)?.metadata ?? NO_BYTES) : NO_BYTES,
      assignment: isAssigned ? assignment : NO_BYTES,
    }))
    return {
      groupId: this.id,
      generation: this.generation,
      state: this.state,
      protocolType: this.protocolType,
      protocol: isAssigned ? this.protocol : '',
      members,
    }
  }

  /** Remembers an id that was given to a new member, which has its session timeout to join with it. */
  expect(memberId: string, sessionTimeoutMs: number): void {
    this.pending.set(
      memberId,
      this.timer(sessionTimeoutMs, () => this.forget(memberId)),
    )
  }

  /** A member that joins, for the first time or anew. `newId` is its id when it has none. */
  join(request: ClassicJoinRequest, newId: string): Promise<ClassicJoinAnswer> | ClassicJoinAnswer {
    this.checkProtocols(request)
    if (request.memberId === '')
      return request.instanceId === null ? this.add(request, newId) : this.joinStatic(request, request.instanceId, newId)
    if (request.instanceId !== null) this.checkInstance(request.instanceId, request.memberId)
    const member = this.members.get(request.memberId)
    if (member !== undefined) return this.rejoin(member, request)
    const expected = this.pending.get(request.memberId)
    if (expected === undefined) throw this.unknown(request.memberId)
    expected.cancel()
    this.pending.delete(request.memberId)
    return this.add(request, request.memberId)
  }

  sync(request: ClassicSyncRequest): Promise<ClassicSyncAnswer> | ClassicSyncAnswer {
    const member = this.memberOf(request)
    if (this.state === 'PreparingRebalance') throw this.rebalancing()
    this.checkGeneration(request.generation)
    if ((request.protocolType ?? this.protocolType) !== this.protocolType || (request.protocol ?? this.protocol) !== this.protocol)
      throw new KafkaliteError('INCONSISTENT_GROUP_PROTOCOL', `Group "${this.id}" uses ${this.protocolType} ${this.protocol}`)
    this.heard(member)
    member.hasSynced = true
    this.stopWhenAllSynced()
    if (this.state === 'Stable') return this.assigned(member)
    member.syncing?.reject(this.rebalancing())
    const answer = new Promise<ClassicSyncAnswer>((resolve, reject) => {
      member.syncing = { resolve, reject }
    })
    if (member.id === this.leader) this.distribute(request)
    return answer
  }

  heartbeat(identity: ClassicMemberIdentity): void {
    const member = this.memberOf(identity)
    this.checkGeneration(identity.generation)
    this.heard(member)
    if (this.state === 'PreparingRebalance') throw this.rebalancing()
  }

  checkMember(identity: ClassicMemberIdentity): void {
    const member = this.memberOf(identity)
    this.checkGeneration(identity.generation)
    this.heard(member)
  }

  /** Whether the member may commit now. */
  checkCommit(identity: ClassicMemberIdentity): void {
    this.checkMember(identity)
    if (this.state === 'CompletingRebalance') throw this.rebalancing()
  }

  leave({ memberId, instanceId }: { readonly memberId: string; readonly instanceId: string | null }): void {
    const pending = this.pending.get(memberId)
    if (pending !== undefined) {
      this.forget(memberId)
      return
    }
    const id = instanceId === null ? memberId : this.checkInstance(instanceId, memberId)
    const member = this.members.get(id)
    if (member === undefined) throw this.unknown(memberId)
    this.remove(member)
  }

  /** What its members read; null when they are no consumers. */
  topics(): readonly string[] | null {
    const topics: string[] = []
    for (const { protocols } of this.members.values()) {
      const subscription = subscriptionOf({ protocolType: this.protocolType, protocols })
      if (subscription === null) return null
      topics.push(...subscription.topics)
    }
    return topics
  }

  /** Its members as they are, for a group that goes on with them; null when they are no consumers. Nobody is left here. */
  handOver(): readonly MovingMember[] | null {
    const moving = [...this.members.values()].map((member): MovingMember => {
      const { id: memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment } = member
      const who = { groupId: this.id, memberId, instanceId, clientId, clientHost, requireMemberId: false, canSkipAssignment: false }
      const request = { ...who, sessionTimeoutMs, rebalanceTimeoutMs, protocolType: this.protocolType, protocols }
      return { request, generation: this.generation, assignment }
    })
    if (moving.some(({ request }) => subscriptionOf(request) === null)) return null
    const error = this.rebalancing()
    this.deadline?.cancel()
    for (const timer of this.pending.values()) timer.cancel()
    for (const member of this.members.values()) member.end(error)
    this.members.clear()
    return moving
  }

  /** Goes on with members that a group of the other kind had. They are to join anew. */
  receive(moving: readonly MovingMember[]): void {
    for (const { request, generation } of moving) {
      const member = new ClassicMember(request.memberId, request)
      this.protocolType = request.protocolType
      this.generation = Math.max(this.generation, generation)
      this.members.set(member.id, member)
      if (member.instanceId !== null) this.statics.set(member.instanceId, member.id)
      this.leader ??= member.id
      this.heard(member)
    }
    if (moving.length > 0) this.prepare()
  }

  /** Ends all waits and timers. */
  close(): void {
    const error = new KafkaliteError('CLOSED', 'The broker was closed')
    this.deadline?.cancel()
    for (const timer of this.pending.values()) timer.cancel()
    for (const member of this.members.values()) member.end(error)
    this.pending.clear()
    this.members.clear()
    this.statics.clear()
  }

  private add(request: ClassicJoinRequest, id: string): Promise<ClassicJoinAnswer> {
    const { groupMaxSize } = this.options.settings
    if (this.members.size >= groupMaxSize)
      throw new KafkaliteError('GROUP_MAX_SIZE_REACHED', `Group "${this.id}" has ${groupMaxSize} members, which is the most it may have`)
    const member = new ClassicMember(id, request)
    if (this.isEmpty) this.protocolType = request.protocolType
    this.members.set(id, member)
    if (member.instanceId !== null) this.statics.set(member.instanceId, id)
    this.leader ??= id
    return this.rebalance(member)
  }

  private joinStatic(request: ClassicJoinRequest, instanceId: string, newId: string): Promise<ClassicJoinAnswer> | ClassicJoinAnswer {
    const before = this.members.get(this.statics.get(instanceId) ?? '')
    if (before === undefined) return this.add(request, newId)
    const unchanged = this.state === 'Stable' && before.matches(request.protocols)
    before.end(new KafkaliteError('FENCED_INSTANCE_ID', `Another member took over groupInstanceId "${instanceId}" in group "${this.id}"`))
    const member = new ClassicMember(newId, request)
    member.assignment = before.assignment
    member.hasSynced = before.hasSynced
    const led = this.leader === before.id
    this.replace(before, member)
    if (!unchanged) return this.rebalance(member)
    this.heard(member)
    // A client that cannot be told to skip assigning must not think that it leads.
    if (!request.canSkipAssignment) return { ...this.joined(member), leader: led ? before.id : (this.leader ?? ''), members: [] }
    return { ...this.joined(member), skipAssignment: led }
  }

  /** Puts the new member where the old one was: the order of members is that in which they came. */
  private replace(before: ClassicMember, member: ClassicMember): void {
    const others = [...this.members.values()]
    this.members.clear()
    for (const each of others) this.members.set(each === before ? member.id : each.id, each === before ? member : each)
    if (member.instanceId !== null) this.statics.set(member.instanceId, member.id)
    if (this.leader === before.id) this.leader = member.id
  }

  private rejoin(member: ClassicMember, request: ClassicJoinRequest): Promise<ClassicJoinAnswer> | ClassicJoinAnswer {
    const same = member.matches(request.protocols)
    const follows = member.id !== this.leader
    // Nobody's share changes: a follower of a stable group, or a member whose last answer was lost.
    if (same && ((this.state === 'Stable' && follows) || this.state === 'CompletingRebalance')) {
      this.heard(member)
      return this.joined(member)
    }
    member.update(request)
    return this.rebalance(member)
  }

  /** The member waits for the next generation, which begins now unless it is under way. */
  private rebalance(member: ClassicMember): Promise<ClassicJoinAnswer> {
    member.joining?.reject(this.rebalancing())
    member.session?.cancel()
    const answer = new Promise<ClassicJoinAnswer>((resolve, reject) => {
      member.joining = { resolve, reject }
    })
    if (this.state === 'PreparingRebalance') this.waitForOthers()
    else this.prepare()
    return answer
  }

  private prepare(): void {
    this.deadline?.cancel()
    for (const member of this.members.values()) {
      const { syncing } = member
      if (syncing === null) continue
      member.syncing = null
      // It waited for the leader; from now on it is to be heard of again.
      this.heard(member)
      syncing.reject(this.rebalancing())
    }
    const { clock, settings } = this.options
    if (this.state === 'Empty') this.gatheringUntilMs = clock.now() + settings.groupInitialRebalanceDelayMs
    this.state = 'PreparingRebalance'
    this.preparingSinceMs = clock.now()
    this.options.onChange()
    this.waitForOthers()
  }

  /** Goes on when all are there; until then a member that joins may prolong the wait. */
  private waitForOthers(): void {
    this.deadline?.cancel()
    const { clock, settings } = this.options
    const now = clock.now()
    const left = this.longestRebalance() - (now - this.preparingSinceMs)
    if (now < this.gatheringUntilMs) {
      // Each member that comes makes the group wait for another one, as long as nobody waits too long.
      this.gatheringUntilMs = now + Math.min(settings.groupInitialRebalanceDelayMs, Math.max(0, left))
      this.deadline = this.timer(this.gatheringUntilMs - now, () => this.waitForOthers())
      return
    }
    this.deadline = this.timer(left, () => this.complete())
    this.completeIfAllJoined()
  }

  private longestRebalance(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.members.values()) longest = Math.max(longest, rebalanceTimeoutMs)
    return longest
  }

  private completeIfAllJoined(): void {
    if (this.pending.size > 0 || this.options.clock.now() < this.gatheringUntilMs) return
    for (const member of this.members.values()) if (member.joining === null) return
    this.complete()
  }

  /** A new generation of those who came. */
  private complete(): void {
    this.deadline?.cancel()
    this.deadline = null
    for (const member of [...this.members.values()]) if (member.joining === null && member.instanceId === null) this.drop(member)
    if (this.members.size === 0) {
      this.becomeEmpty()
      return
    }
    const leading = this.leader === null ? undefined : this.members.get(this.leader)
    if (leading?.joining == null) this.leader = [...this.members.values()].find(({ joining }) => joining !== null)?.id ?? this.leader
    this.generation++
    this.protocol = chooseProtocol([...this.members.values()])
    this.state = 'CompletingRebalance'
    for (const member of this.members.values()) {
      member.hasSynced = false
      member.assignment = NO_BYTES
      this.answerJoin(member)
    }
    this.deadline = this.timer(this.longestRebalance(), () => this.dropUnsynced())
    this.options.onChange()
  }

  private answerJoin(member: ClassicMember): void {
    const { joining } = member
    if (joining === null) return
    member.joining = null
    this.heard(member)
    joining.resolve(this.joined(member))
  }

  private joined(member: ClassicMember): ClassicJoinAnswer {
    const leads = member.id === this.leader
    const members = leads
      ? [...this.members.values()].map((each) => ({
          memberId: each.id,
          instanceId: each.instanceId,
          metadata: each.metadataOf(this.protocol),
        }))
      : []
    return {
      generation: this.generation,
      protocolType: this.protocolType,
      protocol: this.protocol,
      leader: this.leader ?? '',
      memberId: member.id,
      skipAssignment: false,
      members,
    }
  }

  /** The leader has spoken. A member that it left out gets nothing, which is told to it too. */
  private distribute({ assignments }: ClassicSyncRequest): void {
    const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
    this.state = 'Stable'
    for (const member of this.members.values()) {
      member.assignment = new Uint8Array(given.get(member.id) ?? NO_BYTES)
      const { syncing } = member
      member.syncing = null
      if (syncing === null) continue
      this.heard(member)
      syncing.resolve(this.assigned(member))
    }
    this.options.onChange()
  }

  private assigned(member: ClassicMember): ClassicSyncAnswer {
    return { protocolType: this.protocolType, protocol: this.protocol, assignment: member.assignment }
  }

  private stopWhenAllSynced(): void {
    for (const { hasSynced } of this.members.values()) if (!hasSynced) return
    this.deadline?.cancel()
    this.deadline = null
  }

  private dropUnsynced(): void {
    this.deadline = null
    const late = [...this.members.values()].filter(({ hasSynced }) => !hasSynced)
    for (const member of late) this.drop(member)
    if (this.members.size === 0) this.becomeEmpty()
    else this.prepare()
  }

  private remove(member: ClassicMember): void {
    this.drop(member)
    if (this.members.size === 0) this.becomeEmpty()
    else if (this.state === 'PreparingRebalance') this.completeIfAllJoined()
    else this.prepare()
  }

  private drop(member: ClassicMember): void {
    member.end(this.unknown(member.id))
    this.members.delete(member.id)
    if (member.instanceId !== null) this.statics.delete(member.instanceId)
    if (this.leader === member.id) this.leader = this.members.keys().next().value ?? null
  }

  private becomeEmpty(): void {
    this.deadline?.cancel()
    this.deadline = null
    this.state = 'Empty'
    this.leader = null
    this.protocol = ''
    this.generation++
    this.options.onChange()
  }

  private forget(memberId: string): void {
    this.pending.get(memberId)?.cancel()
    this.pending.delete(memberId)
    if (this.state === 'PreparingRebalance') this.completeIfAllJoined()
  }

  /** Restarts the session of the member. */
  private heard(member: ClassicMember): void {
    member.session?.cancel()
    member.session = this.timer(member.sessionTimeoutMs, () => {
      member.session = null
      if (!member.isWaiting && this.members.get(member.id) === member) this.remove(member)
    })
  }

  private timer(afterMs: number, run: () => void): Timer {
    const { clock } = this.options
    return clock.setTimer(clock.now() + afterMs, run)
  }

  /** The member of that identity. UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
  private memberOf({ memberId, instanceId }: ClassicMemberIdentity): ClassicMember {
    if (instanceId !== null) this.checkInstance(instanceId, memberId)
    const member = this.members.get(memberId)
    if (member === undefined) throw this.unknown(memberId)
    return member
  }

  /** Who has the instance id. `memberId` is that member's or, from an administrator, empty. */
  private checkInstance(instanceId: string, memberId: string): string {
    const holder = this.statics.get(instanceId)
    if (holder === undefined) throw this.unknown(memberId)
    if (memberId === '' || holder === memberId) return holder
    throw new KafkaliteError(
      'FENCED_INSTANCE_ID',
      `groupInstanceId "${instanceId}" of group "${this.id}" is ${holder} now, not ${memberId}`,
    )
  }

  private checkGeneration(generation: number): void {
    if (generation === this.generation) return
    throw new KafkaliteError('ILLEGAL_GENERATION', `Group "${this.id}" is in generation ${this.generation}, not ${generation}`)
  }

  /** Whether it could be a member by the protocols that it names. INCONSISTENT_GROUP_PROTOCOL. */
  checkProtocols(request: ClassicJoinRequest): void {
    const others = [...this.members.values()].filter(
      ({ id, instanceId }) => id !== request.memberId && (instanceId === null || instanceId !== request.instanceId),
    )
    const fits = this.isEmpty || (request.protocolType === this.protocolType && hasCommonProtocol(others, request.protocols))
    if (fits && request.protocolType !== '' && request.protocols.length > 0) return
    throw new KafkaliteError(
      'INCONSISTENT_GROUP_PROTOCOL',
      `Group "${this.id}" of type "${this.protocolType}" has no protocol in common with the new member`,
    )
  }

  private unknown(memberId: string): KafkaliteError {
    return new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${this.id}" has no member "${memberId}"`)
  }

  private rebalancing(): KafkaliteError {
    return new KafkaliteError('REBALANCE_IN_PROGRESS', `Group "${this.id}" is being assigned anew`)
  }
}

const NO_BYTES = new Uint8Array(0)
