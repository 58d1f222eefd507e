// Offsets that are ready again, the lowest first: those that were released, whose lock ran out or whose delay is over. Records that
// were never touched are not in here, so the heap is empty while all goes well.

export class ReadyOffsets {
  private readonly heap: number[] = []

  get size(): number {
    return this.heap.length
  }

  add(offset: number): void {
    const { heap } = this
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = heap[parent] as number
      if (above <= offset) break
      heap[at] = above
      at = parent
    }
    heap[at] = offset
  }

  /** The lowest, which is taken out; -1 when there is none. */
  take(): number {
    const { heap } = this
    const lowest = heap[0]
    if (lowest === undefined) return -1
    const last = heap.pop() as number
    if (heap.length > 0) this.sink(last)
    return lowest
  }

  private sink(offset: number): void {
    const { heap } = this
    const size = heap.length
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= size) break
      if (child + 1 < size && (heap[child + 1] as number) < (heap[child] as number)) child++
      if ((heap[child] as number) >= offset) break
      heap[at] = heap[child] as number
      at = child
    }
    heap[at] = offset
  }
}
