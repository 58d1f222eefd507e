// What compaction may take from a log: a record when a later one of its key is there, and a tombstone when it has become old and
// nothing of its key from before it is there.

import type { Expected, Safety } from './expectation.js'
import { claim } from './violation.js'

/** The look after a start. */
export interface CompactedLook {
  readonly name: string
  /** Where the log starts. */
  readonly start: number
  /** What is less safe than this may have been lost. */
  readonly needed: Safety
  readonly deleteRetentionMs: number
  readonly nowMs: number
}

/**
 * Says of each record that is missing whether compaction may have taken it. What stands for one that went is as safe as that was: a
 * later crash may not take it.
 */
export function supersede(records: readonly Expected[], look: CompactedLook): void {
  const keys = new Map<string, Expected[]>()
  for (const record of records) {
    if (record.gone) continue
    record.superseded = false
    const same = keys.get(record.sending.key)
    if (same === undefined) keys.set(record.sending.key, [record])
    else same.push(record)
  }
  for (const same of keys.values()) supersedeKey(same, look)
}

function supersedeKey(same: readonly Expected[], { name, start, needed, deleteRetentionMs, nowMs }: CompactedLook): void {
  const unknown = same.filter(({ offset }) => offset === null)
  const known = same.filter(({ offset }) => offset !== null).sort((a, b) => (a.offset as number) - (b.offset as number))
  const isOld = ({ sending }: Expected): boolean => sending.isTombstone === true && nowMs - sending.timestamp >= deleteRetentionMs
  // The last that is there or may have been taken for its age.
  let last = known.length - 1
  while (last >= 0 && !(known[last]?.there === true || isOld(known[last] as Expected))) last--
  const heir = known[last]
  // Nobody was told where these stand.
  const mayHide = unknown.some(isOld)
  for (const record of unknown) record.superseded = heir !== undefined || mayHide
  if (mayHide) for (const record of known) record.superseded = !record.there
  if (heir === undefined) return
  if (!heir.there) {
    // Less safe than needed, it went for its age or with the crash.
    heir.superseded = true
    const back = known.slice(0, last).find(({ there }) => there)
    claim(
      heir.safety < needed || back === undefined,
      () => `${name}: the tombstone at ${heir.offset} is gone and ${back?.offset} of its key is not`,
    )
  }
  let next = heir
  for (let at = last - 1; at >= 0; at--) {
    const record = known[at] as Expected
    if (record.there) {
      next = record
      continue
    }
    record.superseded = true
    // An old tombstone needs nothing but its age to go, and what was before it went for its sake.
    if (isOld(record)) next = record
    // What lies before the start went for another reason.
    else if ((record.offset as number) >= start && next.safety < record.safety) next.safety = record.safety
  }
}
