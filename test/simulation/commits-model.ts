// What a group must have committed in one topic. A commit takes the offsets of all partitions at once, so after a crash they are those
// of one commit: the last that was promised, or one that was made after it.

import type { Flush } from '../../src/core/topic-config.js'
import type { End } from './expectation.js'
import { claim } from './violation.js'

interface Commit {
  readonly offsets: readonly number[]
  /** 0: on its way; 1: a dead process cannot take it; 2: a power cut cannot either. */
  safety: 0 | 1 | 2
  readonly ackedMs: number
}

export class CommitsModel {
  private commits: Commit[] = []
  /** The topic is being deleted: its commits may be gone. */
  removing = false

  constructor(
    private readonly name: string,
    private readonly flush: Flush,
  ) {}

  /** A commit is about to be made. Answers how to say that it was acknowledged. */
  committing(offsets: readonly number[], nowMs: number): () => void {
    const commit: Commit = { offsets, safety: 0, ackedMs: nowMs }
    this.commits.push(commit)
    return () => {
      if (commit.safety === 0) commit.safety = this.flush === 'always' ? 2 : 1
    }
  }

  synced(beforeMs: number): void {
    if (this.flush !== 'interval') return
    for (const commit of this.commits) if (commit.safety === 1 && commit.ackedMs <= beforeMs) commit.safety = 2
  }

  /**
   * `found` holds null for a partition without a commit. A commit below a start that was moved at the same moment was brought to it:
   * `starts` says how far starts were moved.
   */
  check(found: readonly (number | null)[], starts: readonly number[], end: End): void {
    const needed = end === 'power' ? 2 : 1
    const first = this.removing ? -1 : this.commits.findLastIndex((commit) => commit.safety >= needed)
    const allowed = first < 0 ? this.commits : this.commits.slice(first)
    const isNone = found.every((offset) => offset === null)
    const fits = (offset: number, partition: number): boolean => {
      const there = found[partition] ?? -1
      return there === offset || (there > offset && there <= (starts[partition] as number))
    }
    const match = allowed.findLast(({ offsets }) => offsets.every(fits))
    claim(
      match !== undefined || (isNone && first < 0),
      () => `${this.name}: committed is ${JSON.stringify(found)}, expected one of ${JSON.stringify(allowed.map(({ offsets }) => offsets))}`,
    )
    // What came before it may come back while it is not safe itself.
    const kept = match === undefined ? [] : this.commits.slice(0, this.commits.indexOf(match) + 1)
    if (match !== undefined) match.safety = end === 'close' || match.safety === 2 ? 2 : 1
    this.commits = kept
    this.removing = false
  }
}
