// Sessions of ShareFetch and ShareAcknowledge (KIP-932): which partitions a member of a share group fetches from, and which records it
// holds. A session lives as long as the connection that opened it; what is held when it ends is released for others.

import type { QueueSession } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import { ERROR_CODES } from '../protocol/error-codes.js'

/** The epoch that opens a session, and the one that ends it. */
export const OPENS = 0
export const ENDS = -1

const EPOCH_MAX = 2_147_483_647
/** share.session cache of Kafka: group.share.max.share.sessions. */
const SESSIONS_MAX = 2000
/** From so many on, held records are looked through for those whose lock has run out. */
const HELD_LOOKED_THROUGH = 4096

/** A partition that a session fetches from. */
export interface SharedPlace {
  readonly topicId: string
  readonly partition: number
}

/** What a session holds in one partition. */
interface Holding {
  readonly session: QueueSession
  /** The lease of each record, by its offset. */
  readonly leases: Map<number, number>
  lookAt: number
}

export class ShareSession {
  readonly places = new Map<string, SharedPlace>()
  epoch = 1
  private holdings = new Map<string, Holding>()
  private ended = false

  constructor(readonly key: string) {}

  /** Goes on with what the member held in the session before. */
  inherit(before: ShareSession): void {
    this.holdings = before.holdings
    before.holdings = new Map()
  }

  next(): void {
    this.epoch = this.epoch === EPOCH_MAX ? 1 : this.epoch + 1
  }

  /** The lease under which the member holds the record; undefined when it does not. */
  lease(place: SharedPlace, offset: number): number | undefined {
    const holding = this.holdings.get(keyOf(place))
    const lease = holding?.leases.get(offset)
    if (holding === undefined || lease === undefined) return undefined
    return holding.session.isHeld({ partition: place.partition, offset, lease }) ? lease : undefined
  }

  /** Where the records of the partition are settled that the member holds. */
  holder(place: SharedPlace): QueueSession | undefined {
    return this.holdings.get(keyOf(place))?.session
  }

  hold(place: SharedPlace, session: QueueSession, offsets: readonly number[], lease: number): void {
    const key = keyOf(place)
    let holding = this.holdings.get(key)
    if (holding === undefined || holding.session !== session) {
      holding = { session, leases: new Map(), lookAt: HELD_LOOKED_THROUGH }
      this.holdings.set(key, holding)
    }
    for (const offset of offsets) holding.leases.set(offset, lease)
    if (holding.leases.size >= holding.lookAt) this.lookThrough(holding, place.partition)
    if (this.ended) this.release()
  }

  letGo(place: SharedPlace, offset: number): void {
    this.holdings.get(keyOf(place))?.leases.delete(offset)
  }

  /** What is held goes to others; it counts as delivered. */
  end(): Promise<void> {
    this.ended = true
    return this.release()
  }

  private async release(): Promise<void> {
    const releasing: unknown[] = []
    for (const [key, { session, leases }] of this.holdings) {
      const partition = Number(key.slice(key.lastIndexOf(' ') + 1))
      for (const [offset, lease] of leases) {
        const token = { partition, offset, lease }
        if (session.isHeld(token)) releasing.push(settleQuietly(session, token))
      }
    }
    this.holdings.clear()
    await Promise.all(releasing)
  }

  private lookThrough(holding: Holding, partition: number): void {
    for (const [offset, lease] of holding.leases) if (!holding.session.isHeld({ partition, offset, lease })) holding.leases.delete(offset)
    holding.lookAt = Math.max(HELD_LOOKED_THROUGH, holding.leases.size * 2)
  }
}

/** A record that cannot be released now comes back when its lock runs out. */
async function settleQuietly(session: QueueSession, token: Parameters<QueueSession['settle']>[0]): Promise<void> {
  try {
    await session.settle(token, { kind: 'release' })
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
  }
}

/** The sessions of all connections of a broker. */
export class ShareSessions {
  private readonly sessions = new Map<string, ShareSession>()

  /** A new session, in place of the one that the member had; undefined when there are too many. */
  open(groupId: string, memberId: string, signal: AbortSignal): ShareSession | undefined {
    const key = `${groupId} ${memberId}`
    const before = this.sessions.get(key)
    if (before === undefined && this.sessions.size >= SESSIONS_MAX) return undefined
    const session = new ShareSession(key)
    if (before !== undefined) session.inherit(before)
    this.sessions.set(key, session)
    if (signal.aborted) void this.end(session)
    else signal.addEventListener('abort', () => void this.end(session), { once: true })
    return session
  }

  /** The session of that epoch, or the number of the error. Its next request has the next epoch. */
  find(groupId: string, memberId: string, epoch: number): ShareSession | number {
    const session = this.sessions.get(`${groupId} ${memberId}`)
    if (session === undefined) return ERROR_CODES.SHARE_SESSION_NOT_FOUND
    if (epoch === ENDS) return session
    if (session.epoch !== epoch) return ERROR_CODES.INVALID_SHARE_SESSION_EPOCH
    session.next()
    return session
  }

  async end(session: ShareSession): Promise<void> {
    if (this.sessions.get(session.key) === session) this.sessions.delete(session.key)
    await session.end()
  }
}

export function keyOf({ topicId, partition }: SharedPlace): string {
  return `${topicId} ${partition}`
}
