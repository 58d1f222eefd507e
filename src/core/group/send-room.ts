// How many more messages fit into a queue of limited length, and the senders that wait until there is room, first come first served.

import { KafkaliteError } from '../../errors.js'

interface WaitingSender {
  readonly count: number
  go(): void
  fail(error: unknown): void
}

export class SendRoom {
  private waiting: WaitingSender[] = []
  /** Sent and not in the log yet. */
  private underWay = 0

  constructor(
    private readonly queue: string,
    private readonly max: number,
    private readonly overflow: 'wait' | 'reject',
    private readonly length: () => number,
  ) {}

  get isLimited(): boolean {
    return this.max !== Infinity
  }

  /** Takes room for so many messages, or waits for it. QUEUE_FULL. */
  async take(count: number, signals: readonly AbortSignal[]): Promise<void> {
    if (!this.isLimited) return
    if (this.waiting.length === 0 && this.fits(count)) {
      this.underWay += count
      return
    }
    if (this.overflow === 'reject' || count > this.max) {
      const many = count === 1 ? 'another' : `${count} more`
      throw new KafkaliteError(
        'QUEUE_FULL',
        `Queue ${this.queue} holds ${this.length()} messages, at most ${this.max}; ${many} cannot be added`,
      )
    }
    await new Promise<void>((resolve, reject) => {
      const forget = (): void => signals.forEach((signal) => signal.removeEventListener('abort', abort))
      const sender: WaitingSender = {
        count,
        go: () => {
          forget()
          this.underWay += count
          resolve()
        },
        fail: (error) => {
          forget()
          reject(error)
        },
      }
      const abort = (): void => {
        this.waiting = this.waiting.filter((other) => other !== sender)
        sender.fail(signals.find(({ aborted }) => aborted)?.reason)
        this.serve()
      }
      for (const signal of signals) signal.addEventListener('abort', abort)
      this.waiting.push(sender)
    })
  }

  /** They are in the log, or failed. */
  give(count: number): void {
    if (!this.isLimited) return
    this.underWay -= count
    this.serve()
  }

  /** Lets those go on for whom there is room. */
  serve(): void {
    for (let sender = this.waiting[0]; sender !== undefined && this.fits(sender.count); sender = this.waiting[0]) {
      this.waiting.shift()
      sender.go()
    }
  }

  close(error: KafkaliteError): void {
    for (const sender of this.waiting.splice(0)) sender.fail(error)
  }

  fits(count: number): boolean {
    return this.length() + this.underWay + count <= this.max
  }
}
