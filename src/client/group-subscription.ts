// A consumer as a member of its group. The group says what comes and what goes; what goes is given back only when the handlers on
// it have ended and what they did is committed. A member that was removed joins again when the consumer next asks for records.

import type { JoinRequest, MemberListener, Membership, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'
import { createMissing, partitionsNow, type Subscription, type SubscriptionHost, type TopicChoice } from './subscription.js'

export class GroupSubscription<V, K> implements Subscription {
  private membership: Membership | null = null
  private joining: Promise<void> | null = null
  /** The answer to a join, while it is awaited. */
  private entering: Promise<Membership> | null = null
  /** A change of topics that the group has not settled yet. */
  private changing: Promise<void> | null = null
  /** The partitions that were there when the consumer began. */
  private known: ReadonlyMap<string, number> | undefined
  /** Starts that are being fixed. */
  private readonly fixing = new Set<Promise<void>>()
  isReady = false

  constructor(
    private readonly host: SubscriptionHost<V, K>,
    private readonly groupId: string,
    private topics: TopicChoice,
  ) {}

  ready(): Promise<void> | null {
    if (this.isReady) return null
    this.joining ??= this.join().finally(() => {
      this.joining = null
    })
    return this.joining
  }

  change(topics: TopicChoice): void {
    this.topics = topics
    // What was there before the change was not asked for: where it begins is for `from` to say.
    this.known = undefined
    this.isReady = false
    if (this.membership !== null) this.changing = this.resubscribe(topics, this.changing)
  }

  polled(): void {
    this.membership?.polled()
  }

  refresh(): void {}

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    // Partitions may be assigned before the answer to the join is here.
    const membership = this.membership ?? (this.entering === null ? null : await this.entering)
    if (membership === null) throw this.notAMember()
    await membership.commit(offsets)
  }

  member(): { readonly memberId: string } {
    if (this.membership === null) throw this.notAMember()
    return { memberId: this.membership.memberId }
  }

  private notAMember(): KafkaliteError {
    return new KafkaliteError(
      'UNKNOWN_MEMBER_ID',
      `The consumer is no member of group "${this.groupId}" now, so it cannot commit; the next poll joins again`,
    )
  }

  async close(): Promise<void> {
    const { membership } = this
    this.membership = null
    // Who waits for the group to settle must not keep the consumer from leaving: leaving ends that wait.
    if (membership !== null) await this.leave(membership)
    await this.joining?.catch(() => {})
  }

  private async leave(membership: Membership): Promise<void> {
    await membership.leave(this.host.settings.groupInstanceId === undefined ? undefined : { temporarily: true })
  }

  /** Becomes a member and waits until the group is settled for it. CLOSED when the consumer closes in between. */
  private async join(): Promise<void> {
    try {
      const membership = this.membership ?? (await this.enter())
      await membership.ready
      while (this.changing !== null) {
        const { changing } = this
        await changing
        if (this.changing === changing) this.changing = null
      }
      while (this.fixing.size > 0) await Promise.all(this.fixing)
      // It may have been lost while the starts were fixed.
      this.isReady = this.membership === membership
    } catch (error) {
      throw this.host.closing ? new KafkaliteError('CLOSED', 'The consumer was closed', { cause: error }) : error
    }
  }

  private async enter(): Promise<Membership> {
    await this.prepare()
    this.stayOpen()
    const joined = this.host.context.cluster.joinGroup(this.request())
    if (!isPromise(joined)) {
      this.membership = joined
      return joined
    }
    this.entering = Promise.resolve(joined)
    try {
      const membership = await joined
      if (this.host.closing) await this.leave(membership)
      this.stayOpen()
      this.membership = membership
      return membership
    } finally {
      this.entering = null
    }
  }

  private stayOpen(): void {
    if (this.host.closing) throw new KafkaliteError('CLOSED', 'The consumer was closed')
  }

  /** Tells the group the other topics and waits until it has settled. */
  private async resubscribe(topics: TopicChoice, before: Promise<void> | null): Promise<void> {
    await before
    await this.prepare()
    const { cluster } = this.host.context
    this.membership?.subscribe(topics)
    const isSettled = async (): Promise<boolean> =>
      this.membership === null || this.host.closing || (await cluster.describeGroup(this.groupId)).state === 'stable'
    while (!(await isSettled())) {
      await new Promise<void>((resolve) => {
        const look = (group: string): void => {
          if (group !== this.groupId) return
          cluster.events.off('groupChanged', look)
          resolve()
        }
        cluster.events.on('groupChanged', look)
      })
    }
  }

  private async prepare(): Promise<void> {
    await createMissing(this.host.context, this.topics)
    this.known ??= await partitionsNow(this.host.context)
  }

  private request(): JoinRequest {
    const { groupInstanceId, maxPollIntervalMs } = this.host.settings
    // A membership that is over must not speak for its successor.
    let current = true
    const listener: MemberListener = {
      assigned: (partitions) => current && this.assigned(partitions),
      revoke: (partitions) => current && void this.revoke(partitions),
      lost: (partitions, error) => {
        if (!current) return
        current = false
        this.lost(partitions, error)
      },
    }
    return { groupId: this.groupId, instanceId: groupInstanceId, topics: this.topics, maxPollIntervalMs, listener }
  }

  private assigned(partitions: readonly TopicPartition[]): void {
    const { assignment, news } = this.host
    const places = assignment.add(partitions)
    const isNew = ({ topic, partition }: TopicPartition): boolean => partition >= (this.known?.get(topic) ?? 0)
    const fixing = assignment.fix(places, isNew).then(() => {
      this.fixing.delete(fixing)
      const kept = places.filter(({ gone }) => !gone).map(({ topic, partition }) => ({ topic, partition }))
      if (kept.length > 0) news.assigned(kept)
      this.host.wake()
    })
    this.fixing.add(fixing)
  }

  private async revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { membership } = this
    if (await this.host.giveBack(partitions)) membership?.released(partitions)
  }

  private lost(partitions: readonly TopicPartition[], error: KafkaliteError): void {
    this.membership = null
    this.isReady = false
    this.host.drop(partitions, error)
    if (KafkaliteError.is(error, 'FENCED_INSTANCE_ID', 'CLOSED')) this.host.fail(error)
    this.host.wake()
  }
}
