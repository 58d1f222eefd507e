// What receivers say about the messages they hold. It is put into the state log's words and takes effect when these are written: until
// then the message is still its holder's, who cannot say anything else about it. Acknowledgements in a transaction are words of their
// own, which go to the log in the commit of that transaction or not at all.

import { KafkaliteError } from '../../errors.js'
import { assert } from '../../lib/assert.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import type { AcquireToken, Acknowledgement, DeathNote, QueuePortOptions, Settlement, TransactionalAcknowledgement } from '../queue-port.js'
import type { SettlementPart } from '../transaction/settlement-part.js'
import type { QueueBurial } from './queue-burial.js'
import type { QueueEnds } from './queue-ends.js'
import { type QueueLog, SETTLEMENT_NUMBERS, type Settlements } from './queue-log.js'
import { type OutcomeEntry, OpsWriter } from './queue-ops.js'
import { ACKNOWLEDGED, ACQUIRED, AVAILABLE, DELAYED, DYING, SETTLING, type State } from './record-state.js'
import type { SharePartition } from './share-partition.js'

const RESULT_BYTES_MAX = 1024 * 1024
export const LOCK_RAN_OUT: DeathNote = { reason: 'maxDeliveries' }

export interface QueueSettlingOptions {
  readonly queue: string
  /** Which state log a transaction's words go to. */
  readonly stateName: string
  readonly topic: string
  readonly topicId: string
  readonly options: Pick<QueuePortOptions, 'maxDeliveries'>
  readonly clock: Clock
  readonly shares: readonly SharePartition[]
  readonly log: QueueLog
  readonly ends: QueueEnds
  readonly burial: QueueBurial
  readonly isClosed: () => boolean
  readonly wakeAt: (atMs: number) => void
  /** Makes known what was written. */
  readonly onWritten: (settled: Settlements) => void
}

export class QueueSettling {
  /** Acknowledged in a commit that the log has and that is perhaps not synced yet. */
  private readonly unsettled = new Set<readonly TransactionalAcknowledgement[]>()

  constructor(private readonly given: QueueSettlingOptions) {}

  settle(token: AcquireToken, settlement: Settlement): Awaitable<void> {
    const share = this.held(token)
    const { offset } = token
    const { log, ends, clock, options } = this.given
    const count = share.states.count(offset)
    if (settlement.kind === 'acknowledge') {
      checkResult(settlement)
      const entry = outcomeOf(share, offset, settlement)
      if (entry === null) log.ops.acknowledged(share.id, offset)
      else ends.plan(entry, log.ops)
      return this.settling(share, offset, ACKNOWLEDGED, count, 0)
    }
    if (settlement.kind === 'reject') return this.reject(share, offset, count, settlement.note ?? { reason: 'rejected' })
    if (settlement.uncounted !== true && count >= options.maxDeliveries)
      return this.reject(share, offset, count, settlement.note ?? LOCK_RAN_OUT)
    const delayMs = settlement.delayMs ?? 0
    const notBefore = delayMs > 0 ? clock.now() + delayMs : 0
    const left = settlement.uncounted === true ? count - 1 : count
    log.ops.available(share.id, offset, 1, left, notBefore)
    return this.settling(share, offset, notBefore > 0 ? DELAYED : AVAILABLE, left, notBefore)
  }

  /** The partition of a record that is held under this lease. LOCK_LOST. */
  held({ partition, offset, lease }: AcquireToken): SharePartition {
    const { shares, queue, isClosed } = this.given
    const share = shares[partition]
    if (!isClosed() && share?.states.isHeld(offset, lease) === true) return share
    throw new KafkaliteError('LOCK_LOST', `The message ${partition}-${offset} of queue ${queue} is not held under this delivery any more`)
  }

  /** LOCK_LOST, MESSAGE_TOO_LARGE: what `part` would say. */
  check({ token, settlement }: TransactionalAcknowledgement): void {
    this.held(token)
    checkResult(settlement)
  }

  /** The acknowledgements as a part of a transaction's commit. From here on nobody else can settle the messages. LOCK_LOST: then none is taken. */
  part(list: readonly TransactionalAcknowledgement[]): SettlementPart {
    const seen = new Set<string>()
    for (const one of list) {
      this.check(one)
      assert(seen.size < seen.add(`${one.token.partition}-${one.token.offset}`).size, 'a message is acknowledged once in a transaction')
    }
    const { log, ends, stateName, topic, topicId, onWritten } = this.given
    const ops = new OpsWriter()
    const settled: number[] = []
    for (const { token, settlement } of list) {
      const { offset } = token
      const share = this.held(token)
      const count = share.states.count(offset)
      const entry = outcomeOf(share, offset, settlement)
      if (entry === null) ops.acknowledged(share.id, offset)
      else ends.plan(entry, ops)
      hold(share, offset)
      settled.push(share.id, offset, ACKNOWLEDGED, count, 0)
    }
    const words = ops.take()
    const part = log.part(words, {
      written: () => void this.unsettled.add(list),
      settled: () => {
        this.unsettled.delete(list)
        onWritten(settled)
      },
      failed: () => {
        this.unsettled.delete(list)
        this.onFailed(settled)
      },
    })
    return { ...part, queue: stateName, topic, topicId, words }
  }

  /** For a snapshot: it replaces words that nobody has been told of yet. */
  write(ops: OpsWriter): void {
    for (const list of this.unsettled) {
      for (const { token, settlement } of list) {
        const entry = outcomeOf(this.given.shares[token.partition] as SharePartition, token.offset, settlement)
        if (entry === null) ops.acknowledged(token.partition, token.offset)
        else ops.outcome(entry)
      }
    }
  }

  /** The words could not be written: whoever settled these still holds them, for what is left of the lock. */
  onFailed(settled: Settlements): void {
    const { shares, ends, burial, wakeAt } = this.given
    for (let i = 0; i < settled.length; i += SETTLEMENT_NUMBERS) {
      const { id, states } = shares[settled[i] as number] as SharePartition
      const offset = settled[i + 1] as number
      if (states.state(offset) !== SETTLING) continue
      states.move(offset, ACQUIRED, states.count(offset), states.until(offset), states.lease(offset))
      wakeAt(states.until(offset))
      ends.cancel(id, offset)
      burial.cancel(id, offset)
    }
  }

  private async reject(share: SharePartition, offset: number, count: number, note: DeathNote): Promise<void> {
    const { burial } = this.given
    burial.plan(share, offset, count, note)
    await this.settling(share, offset, DYING, count, Infinity)
    await burial.bury(share, offset)
  }

  private settling(share: SharePartition, offset: number, to: State, count: number, until: number): Promise<void> {
    hold(share, offset)
    return this.given.log.settle(share.id, offset, to, count, until)
  }
}

/** The record is still its holder's, who cannot say anything about it any more, until the words are written. */
function hold({ states }: SharePartition, offset: number): void {
  states.settling(offset)
}

/** What is to be remembered of an acknowledgement; null when one word says it all. */
function outcomeOf(share: SharePartition, offset: number, { result, id, sentMs = 0 }: Acknowledgement): OutcomeEntry | null {
  const deliveryCount = share.states.count(offset)
  if (deliveryCount === 1 && result === undefined && id === undefined) return null
  return { partition: share.id, offset, state: ACKNOWLEDGED, deliveryCount, sentMs, id, result, reason: undefined }
}

function checkResult({ result }: Acknowledgement): void {
  if (result === undefined || result.length <= RESULT_BYTES_MAX) return
  throw new KafkaliteError('MESSAGE_TOO_LARGE', `A result has at most ${RESULT_BYTES_MAX} bytes, not ${result.length}`)
}
