// Which records of a dead-letter partition have left it again. Kept as the offset below which all have, and a set of those above.

export class GoneOffsets {
  private readonly above = new Set<number>()
  /** Every record below has left. */
  below = 0

  /** How many have left of those from `start` on. */
  countFrom(start: number): number {
    return Math.max(0, this.below - start) + this.above.size
  }

  has(offset: number): boolean {
    return offset < this.below || this.above.has(offset)
  }

  add(offset: number): void {
    if (offset < this.below) return
    this.above.add(offset)
    this.settle()
  }

  /** The log begins at `start`: what lay before is gone by itself. */
  raise(start: number): void {
    if (start <= this.below) return
    for (const offset of this.above) if (offset < start) this.above.delete(offset)
    this.below = start
    this.settle()
  }

  /** Calls `visit` for each stretch, the lowest first. */
  runs(visit: (first: number, length: number) => void): void {
    const offsets = [...this.above].toSorted((a, b) => a - b)
    for (let i = 0; i < offsets.length; ) {
      const first = offsets[i] as number
      let length = 1
      while (offsets[i + length] === first + length) length++
      visit(first, length)
      i += length
    }
  }

  private settle(): void {
    while (this.above.delete(this.below)) this.below++
  }
}
