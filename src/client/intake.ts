// How receivers by push take messages from their queue: until they are paused or closed, and after a failure not at once again.

import { KafkaliteError } from '../errors.js'
import type { Clock } from '../lib/clock.js'
import { type StopSignal, Stopper } from '../lib/stopper.js'
import type { QueueMessage } from './message.js'
import { Wakeup } from './wakeup.js'

/** After a failure trying again at once would spin. Milliseconds. */
const RETRY_MS = 1000

/** Where the messages come from. */
export interface IntakeSource<V, R> {
  readonly clock: Clock
  receive(max: number, signal: StopSignal): Promise<QueueMessage<V, R>[]>
  report(error: unknown): void
}

export class Intake<V, R> {
  readonly wakeup = new Wakeup()
  isPaused = false
  isClosing = false
  /** Ends the wait for messages. */
  private stopTaking = new Stopper()

  constructor(private readonly source: IntakeSource<V, R>) {}

  pause(): void {
    this.isPaused = true
    this.stopTaking.abort()
  }

  resume(): void {
    if (!this.isPaused || this.isClosing) return
    this.isPaused = false
    this.stopTaking = new Stopper()
    this.wakeup.wake()
  }

  /** Answers whether this call began it. */
  close(): boolean {
    if (this.isClosing) return false
    this.isClosing = true
    this.stopTaking.abort()
    this.wakeup.wake()
    return true
  }

  /** Up to `max` messages, when there are some; none when it was called off or failed. */
  async take(max: number): Promise<readonly QueueMessage<V, R>[]> {
    try {
      return await this.source.receive(max, this.stopTaking)
    } catch (error) {
      if (KafkaliteError.is(error, 'CLOSED')) this.isClosing = true
      else await this.afterFailure(error)
      return []
    }
  }

  private async afterFailure(error: unknown): Promise<void> {
    const { clock } = this.source
    this.source.report(error)
    const timer = clock.setTimer(clock.now() + RETRY_MS, () => this.wakeup.wake())
    await this.wakeup.sleep()
    timer.cancel()
  }
}
