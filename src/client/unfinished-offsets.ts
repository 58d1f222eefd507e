// Which records of a partition were begun and are not finished, so that a committed offset never passes one of them. Records are
// begun in the order of their offsets and finished in any order; both cost next to nothing, and a record that is finished at once
// need not appear here at all.

export class UnfinishedOffsets {
  /** In ascending order; the finished ones leave when they come to the front. */
  private begun: number[] = []
  private head = 0
  private readonly finished = new Set<number>()

  /** How many records were begun since the first that is not finished. */
  get size(): number {
    return this.begun.length - this.head
  }

  /** The first that is not finished; undefined when there is none. */
  get first(): number | undefined {
    return this.begun[this.head]
  }

  begin(offset: number): void {
    this.begun.push(offset)
  }

  finish(offset: number): void {
    const { begun, finished } = this
    if (begun[this.head] !== offset) {
      finished.add(offset)
      return
    }
    this.head++
    while (this.head < begun.length && finished.delete(begun[this.head] as number)) this.head++
    if (this.head === begun.length) {
      this.begun = []
      this.head = 0
    } else if (this.head > 1024 && this.head * 2 > begun.length) {
      this.begun = begun.slice(this.head)
      this.head = 0
    }
  }

  clear(): void {
    this.begun = []
    this.head = 0
    this.finished.clear()
  }
}
