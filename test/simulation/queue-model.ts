// What a queue must hand out: each message that was sent and not acknowledged, and never again one that was acknowledged. As with
// records, what is certain depends on what ended the process and on the flush level.

import type { Flush } from '../../src/core/topic-config.js'
import type { End } from './expectation.js'
import { claim } from './violation.js'

type Safety = 0 | 1 | 2

interface Expected {
  /** How safe it is that it was sent. */
  sent: Safety
  /** How safe it is that it was acknowledged; null: nobody has tried. */
  acknowledged: Safety | null
  deliveries: number
  ackedMs: number
  /** It was lost, as far as that is allowed, and may never come back. */
  gone: boolean
}

export class QueueModel {
  private readonly messages = new Map<string, Expected>()
  private count = 0

  constructor(
    private readonly flush: Flush,
    private readonly name: string,
  ) {}

  sending(bytes: number): string {
    const value = `${this.name}/${this.count++}/${'x'.repeat(bytes)}`
    this.messages.set(value, { sent: 0, acknowledged: null, deliveries: 0, ackedMs: 0, gone: false })
    return value
  }

  sent(value: string, nowMs: number): void {
    const message = this.messages.get(value) as Expected
    message.sent = this.level
    message.ackedMs = nowMs
  }

  acknowledging(value: string): void {
    ;(this.messages.get(value) as Expected).acknowledged = 0
  }

  /** `isDurable`: with a transaction, which waits for the disk at each level. */
  acknowledged(value: string, nowMs: number, isDurable = false): void {
    const message = this.messages.get(value) as Expected
    message.acknowledged = isDurable ? 2 : this.level
    message.ackedMs = nowMs
  }

  synced(beforeMs: number): void {
    if (this.flush !== 'interval') return
    for (const message of this.messages.values()) {
      if (message.ackedMs > beforeMs) continue
      if (message.sent === 1) message.sent = 2
      if (message.acknowledged === 1) message.acknowledged = 2
    }
  }

  /** A message came while the process lives: it was sent, and nobody has it or has acknowledged it. */
  delivered(value: string, deliveryCount: number): void {
    const message = this.messages.get(value)
    claim(message !== undefined, () => `${this.name}: a message that nobody sent: ${short(value)}`)
    claim(message.acknowledged === null, () => `${this.name}: ${short(value)} was acknowledged in this process and comes again`)
    claim(
      deliveryCount > message.deliveries,
      () => `${this.name}: ${short(value)} comes with count ${deliveryCount} after ${message.deliveries}`,
    )
    message.deliveries = deliveryCount
    if (this.flush === 'always') message.sent = 2
  }

  released(value: string): void {
    ;(this.messages.get(value) as Expected).acknowledged = null
  }

  /** The broker is being closed: what is held may be given back uncounted. */
  closing(): void {
    for (const message of this.messages.values()) message.deliveries--
  }

  /** After a start: `found` is all that the queue hands out, with the delivery counts. */
  check(found: ReadonlyMap<string, number>, end: End): void {
    const needed = end === 'power' ? 2 : 1
    for (const [value, deliveries] of found) {
      const message = this.messages.get(value)
      claim(message !== undefined, () => `${this.name}: a message that nobody sent: ${short(value)}`)
      claim(!message.gone, () => `${this.name}: ${short(value)} was gone after an earlier start and is back`)
      claim((message.acknowledged ?? 0) < needed, () => `${this.name}: ${short(value)} was acknowledged and is delivered again`)
      // A close gives back uncounted, and a power cut may take counts that were not synced.
      if (end === 'process')
        claim(
          deliveries > message.deliveries,
          () => `${this.name}: ${short(value)} comes with count ${deliveries} after ${message.deliveries}`,
        )
      message.deliveries = deliveries
      message.acknowledged = null
      message.sent = end === 'close' || this.flush === 'always' ? 2 : message.sent === 2 ? 2 : 1
    }
    for (const [value, message] of this.messages) {
      if (found.has(value) || message.gone) continue
      claim(
        message.acknowledged !== null || message.sent < needed,
        () => `${this.name}: lost ${short(value)}, which was sent and never acknowledged`,
      )
      if (message.acknowledged === null) message.gone = true
      // A dead process could not take the acknowledgement; a power cut may still do so.
      else message.acknowledged = end === 'close' || message.acknowledged === 2 ? 2 : 1
    }
  }

  private get level(): 1 | 2 {
    return this.flush === 'always' ? 2 : 1
  }
}

function short(value: string): string {
  return value.replace(/x+$/, '')
}
