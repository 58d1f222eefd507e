// What the leader epochs of one partition must be. An epoch never goes back, a crash begins a new one and a clean stop does not, and an
// offset that is given twice, to records of different content, has a higher epoch the second time: readers tell the two apart by it.

import type { EpochStart } from '../../src/storage/storage.js'
import type { End, Scan } from './expectation.js'
import { claim } from './violation.js'

interface Given {
  readonly value: string
  readonly epoch: number
}

/** The epoch of the record at that offset. */
export function epochAt(starts: readonly EpochStart[], offset: number): number {
  return starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
}

export class EpochsModel {
  private readonly given = new Map<number, Given>()
  /** That of a new log. */
  private current = 0

  constructor(private readonly name: string) {}

  acknowledged(offset: number, value: string): void {
    this.give(offset, { value, epoch: this.current })
  }

  /** @param mayBeClean a close ended the last process that did anything: one that died before it could has left the folder as it was */
  check({ epochs, records, start, end }: Scan, ended: End, mayBeClean: boolean): void {
    const { name, current } = this
    const now = epochs.at(-1)?.epoch ?? -1
    const words = (): string => `${name}: after '${ended}' the epoch is ${now}, it was ${current}`
    if (this.given.size > 0) claim(ended === 'close' ? now === current : now > current || (mayBeClean && now === current), words)
    this.current = now
    epochs.forEach(({ epoch, startOffset }, at) => {
      const before = epochs[at - 1]
      const follows = before === undefined ? startOffset <= start : epoch > before.epoch && startOffset >= before.startOffset
      claim(follows && startOffset <= end, () => `${name}: epochs ${JSON.stringify(epochs)} of a log from ${start} to ${end}`)
    })
    for (const { offset, value } of records) this.give(offset, { value, epoch: epochAt(epochs, offset) })
  }

  private give(offset: number, now: Given): void {
    const before = this.given.get(offset)
    this.given.set(offset, now)
    if (before === undefined) return
    const isRight = before.value === now.value ? now.epoch === before.epoch : now.epoch > before.epoch
    claim(
      isRight,
      () => `${this.name}: offset ${offset} was given in epoch ${before.epoch} and in ${now.epoch}: ${before.value === now.value}`,
    )
  }
}
