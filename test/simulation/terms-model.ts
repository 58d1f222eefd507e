// The configs of a topic that change while it lives, and what follows for its records: a promise counts as it was when it was given, and
// what any of the configs may have taken away may be gone.

import type { TopicShape, TopicTerms } from './expectation.js'

export class TermsModel {
  now: TopicTerms
  /** What somebody asked for and was not told the outcome of. */
  private asked: TopicTerms | null = null
  readonly deleteRetentionMs: number
  mayCompact = false
  /** A power cut may take the end of one segment and leave the next. */
  mayBeTorn = false
  shortestRetentionMs = Infinity

  constructor(shape: TopicShape) {
    this.now = shape
    this.deleteRetentionMs = shape.deleteRetentionMs
    this.reckonWith(shape)
  }

  changing(terms: TopicTerms): void {
    this.asked = terms
    this.reckonWith(terms)
  }

  changed(): void {
    this.now = this.asked ?? this.now
    this.asked = null
  }

  /** After a start: whether these are the last that were promised, or those that were on their way. */
  settle(found: Readonly<Record<keyof TopicTerms, string | number>>): boolean {
    const match = [this.now, ...(this.asked === null ? [] : [this.asked])].find(
      ({ flush, retentionMs, cleanupPolicy }) =>
        flush === found.flush && retentionMs === found.retentionMs && cleanupPolicy === found.cleanupPolicy,
    )
    this.now = match ?? this.now
    this.asked = null
    return match !== undefined
  }

  private reckonWith({ flush, retentionMs, cleanupPolicy }: TopicTerms): void {
    this.mayCompact ||= cleanupPolicy !== 'delete'
    this.mayBeTorn ||= flush !== 'always'
    if (cleanupPolicy !== 'compact' && retentionMs >= 0) this.shortestRetentionMs = Math.min(this.shortestRetentionMs, retentionMs)
  }
}
