// The unit of repair: what is said before anything is done, and what is done then. Segments and the journal give the same kind of step,
// so that a plan is one list.

/** One thing that repair drops or puts back. */
export interface RepairStep {
  /** 'drop': bytes that are no good, or a loss that is accepted. 'restore': batches that a kept journal holds go back into their log. */
  readonly action: 'drop' | 'restore'
  /** The log that loses or gets it; empty when it is in the journal, which all logs share. */
  readonly log: string
  /** The path of the file. */
  readonly file: string
  /** Where the bytes begin in the file. */
  readonly position: number
  /** The first offset that is gone or comes back; in the journal the number of the record. */
  readonly offset: number
  /** How many bytes go or come. 0 when they are missing already and only the loss has to be accepted. */
  readonly bytes: number
  /** Why. */
  readonly reason: string
}
