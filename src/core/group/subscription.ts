// What a member wants to read: names, or a pattern that is matched against the whole name of each topic, also of later ones.

import { describe, KafkaliteError } from '../../errors.js'

export class Subscription {
  private readonly names: readonly string[] | null
  private readonly pattern: RegExp | null

  /** INVALID_ARGUMENT when `topics` is neither names nor a pattern. */
  constructor(topics: readonly string[] | RegExp) {
    if (topics instanceof RegExp) {
      this.names = null
      // Without g and y, which would make a match depend on the one before.
      this.pattern = new RegExp(`^(?:${topics.source})$`, topics.flags.replace(/[gy]/g, ''))
      return
    }
    if (!Array.isArray(topics) || topics.some((name) => typeof name !== 'string')) {
      throw new KafkaliteError('INVALID_ARGUMENT', `topics must be a list of names or a pattern, not ${describe(topics)}`)
    }
    this.names = [...new Set(topics as readonly string[])].sort()
    this.pattern = null
  }

  /** Of the topics that exist, those that are wanted. */
  select(existing: readonly string[], exists: (name: string) => boolean): ReadonlySet<string> {
    const { pattern } = this
    if (pattern !== null) return new Set(existing.filter((name) => pattern.test(name)))
    return new Set((this.names ?? []).filter(exists))
  }

  /** The names, when it is not a pattern. */
  get topics(): readonly string[] {
    return this.names ?? []
  }

  /** The pattern, when it is one. */
  get source(): string | null {
    return this.pattern?.source ?? null
  }

  equals(other: Subscription): boolean {
    return this.pattern?.toString() === other.pattern?.toString() && this.names?.join() === other.names?.join()
  }
}
