// The promise of one send, of one record or of many, and the receipts that lie in batches until they are acknowledged. Records of
// one send that lie behind each other in a batch share a receipt, so a send of thousands costs one per batch.

/** Where a record went. */
export interface RecordMetadata {
  /** The topic that it went to. */
  readonly topic: string
  /** The partition that the key, or the partitioner, chose. From 0. */
  readonly partition: number
  /** The place in the partition. */
  readonly offset: number
  /** Milliseconds since 1970: the record's own or, where the topic says so, the broker's. */
  readonly timestamp: number
}

/** One send that waits for its records to be acknowledged. */
export class Delivery {
  /** Settled, perhaps before its records are: nothing of it is to be packed any more. */
  done = false
  /** Waits for its topic or for room; its timer and listener are set. */
  waits = false
  private readonly results: RecordMetadata[]
  private left: number
  private release: (() => void) | undefined

  /** @param many whether the answer is a list, also of one */
  constructor(
    count: number,
    private readonly many: boolean,
    private readonly resolve: (answer: RecordMetadata | RecordMetadata[]) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.left = count
    this.results = many ? new Array<RecordMetadata>(count) : []
  }

  /** Called once when the send has to wait; `release` takes back timers and listeners when it is over. */
  whenOver(release: () => void): void {
    const before = this.release
    this.release =
      before === undefined
        ? release
        : () => {
            before()
            release()
          }
  }

  arrive(index: number, metadata: RecordMetadata): void {
    if (this.done) return
    if (this.many) {
      this.results[index] = metadata
      if (--this.left > 0) return
    }
    this.finish()
    this.resolve(this.many ? this.results : metadata)
  }

  /** The first failure decides; the other records of the send go their way. */
  fail(reason: unknown): void {
    if (this.done) return
    this.finish()
    this.reject(reason)
  }

  private finish(): void {
    this.done = true
    this.release?.()
  }
}

/** A run of records of one delivery that lie behind each other in a batch. */
export class Receipt {
  count = 1

  constructor(
    readonly delivery: Delivery,
    /** Of the first record: its place in the batch and in the answer. */
    readonly batchIndex: number,
    readonly resultIndex: number,
    readonly timestamp: number,
  ) {}

  /** Takes one more record into the run if it is the next. */
  extend(delivery: Delivery, batchIndex: number, resultIndex: number, timestamp: number): boolean {
    const { count } = this
    if (
      delivery !== this.delivery ||
      timestamp !== this.timestamp ||
      batchIndex !== this.batchIndex + count ||
      resultIndex !== this.resultIndex + count
    )
      return false
    this.count++
    return true
  }

  acknowledge(topic: string, partition: number, baseOffset: number, logAppendTime: number): void {
    const timestamp = logAppendTime >= 0 ? logAppendTime : this.timestamp
    for (let i = 0; i < this.count; i++) {
      this.delivery.arrive(this.resultIndex + i, { topic, partition, offset: baseOffset + this.batchIndex + i, timestamp })
    }
  }
}
