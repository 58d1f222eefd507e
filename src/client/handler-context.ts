// What a handler of run() is told besides its record: whether it should stop, and which try this is. It is the same object for all
// first tries in a partition, so a handler that keeps it keeps nothing of its own record.

/** Given to a handler beside the record. */
export interface HandlerContext {
  /** Aborted when the consumer closes or the partition was lost: what is not done then comes again elsewhere. */
  readonly signal: AbortSignal
  /** 1, 2, ... */
  readonly attempt: number
}
