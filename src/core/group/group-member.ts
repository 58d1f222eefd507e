// One member of a group as the group sees it: what it is meant to have, what it has, and what it is giving back. The states of a
// partition at a member: meant -> owned -> revoking -> gone; it is owned by nobody else until the member has released it.

import type { KafkaliteError } from '../../errors.js'
import type { Timer } from '../../lib/clock.js'
import type { JoinRequest, MemberListener, TopicPartition } from '../cluster.js'
import { keyOf } from './assignor.js'
import { Subscription } from './subscription.js'

export class GroupMember {
  readonly instanceId: string | undefined
  readonly clientId: string | undefined
  assignor: 'uniform' | 'range'
  maxPollIntervalMs: number
  /** How long it may take to give back what it is asked for. Milliseconds. */
  releaseTimeoutMs: number
  readonly listener: MemberListener
  readonly ready: Promise<void>
  subscription: Subscription
  epoch = 0
  /** What the group means it to have. */
  target = new Map<string, TopicPartition>()
  /** What nobody else may have: what it works on and what it is giving back. */
  readonly owned = new Map<string, TopicPartition>()
  readonly revoking = new Set<string>()
  /** Since when it is giving something back. */
  revokingSinceMs = 0
  lastPolledMs: number
  /** Runs out when the member does not poll; for one that is away, when its place is no longer kept. */
  timer: Timer | null = null
  /** A static member that left for a while: its place is kept, nobody works on its partitions. */
  away = false
  /** Why it is not a member any more; null while it is one. */
  ended: KafkaliteError | null = null
  private resolveReady: () => void = () => undefined
  private rejectReady: (error: KafkaliteError) => void = () => undefined

  constructor(
    readonly id: string,
    request: JoinRequest,
    now: number,
  ) {
    this.instanceId = request.instanceId
    this.clientId = request.clientId
    this.assignor = request.assignor ?? 'uniform'
    this.maxPollIntervalMs = request.maxPollIntervalMs
    this.releaseTimeoutMs = request.maxPollIntervalMs
    this.listener = request.listener
    this.subscription = new Subscription(request.topics)
    this.lastPolledMs = now
    this.ready = new Promise<void>((resolve, reject) => {
      this.resolveReady = resolve
      this.rejectReady = reject
    })
    // Who does not look at it must not get an unhandled rejection.
    this.ready.catch(() => undefined)
  }

  /** It left or was removed: nothing reaches it any more. */
  get gone(): boolean {
    return this.ended !== null
  }

  /** What it may work on now. */
  assignment(): readonly TopicPartition[] {
    const working: TopicPartition[] = []
    for (const [key, partition] of this.owned) if (!this.revoking.has(key)) working.push(partition)
    return working
  }

  /** Whether it has exactly what it is meant to have. */
  get isReconciled(): boolean {
    if (this.revoking.size > 0 || this.owned.size !== this.target.size) return false
    for (const key of this.target.keys()) if (!this.owned.has(key)) return false
    return true
  }

  setTarget(partitions: readonly TopicPartition[]): void {
    this.target = new Map(partitions.map((partition) => [keyOf(partition), partition]))
  }

  becomeReady(): void {
    this.resolveReady()
  }

  /** Ends the membership. What is still expected of it fails with `error`. */
  end(error: KafkaliteError): void {
    this.ended = error
    this.timer?.cancel()
    this.timer = null
    this.rejectReady(error)
  }
}
