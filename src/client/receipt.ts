// What the sender of a message gets. Asking for the acknowledgement is what costs; a receipt nobody asks keeps no books.

/** A message is in the queue. */
export interface Receipt<R = unknown> {
  /** As given, else `<partition>-<offset>`. */
  readonly id: string
  /** The place in the partition of the queue. */
  readonly offset: number
  /** Whether a message of this id was sent before, and this one was not: the receipt is that one's. */
  readonly duplicate: boolean
  /**
   * Resolves with the handler's result when the message was acknowledged. Rejects with DEAD_LETTERED when it was given up or dropped, with
   * CLOSED when the queue was closed before. Never an unhandled rejection. After a restart ask `queue.acknowledged(id)`.
   */
  readonly acknowledged: Promise<R>
}

/** Asks the queue when the promise is first wanted. */
export type AskOutcome = (partition: number, offset: number) => Promise<unknown>

export class QueueReceipt<R> implements Receipt<R> {
  private promise: Promise<R> | undefined

  constructor(
    readonly partition: number,
    readonly offset: number,
    readonly duplicate: boolean,
    private readonly givenId: string | undefined,
    private readonly ask: AskOutcome,
  ) {}

  get id(): string {
    return this.givenId ?? `${this.partition}-${this.offset}`
  }

  get acknowledged(): Promise<R> {
    if (this.promise === undefined) {
      this.promise = this.ask(this.partition, this.offset) as Promise<R>
      this.promise.catch(() => undefined)
    }
    return this.promise
  }
}
