// The proof that damage is seen: all changes of a folder, or so many of them that chance chooses, and what came of each.

import { expect } from 'vitest'
import { seededRandom } from '../../../src/testing/seeded-random.js'
export { UNSEEN } from './changes.js'
import { blindSpot, changesOf, outcomeOf } from './changes.js'
import { FOLDER, damagedDisk, everything } from './folder.js'

/** How many changes came to what. */
export interface Tally {
  same: number
  error: number
  /** By the name of what nobody can see. */
  readonly unseen: Map<string, number>
}

/** @param share of the changes that are tried, from 0 to 1 */
export async function proveSeen(end: 'close' | 'crash', share: number, seed: number): Promise<Tally> {
  const disk = await damagedDisk(end)
  const before = await everything(disk.crash('process'))
  const random = seededRandom(seed)
  const tally: Tally = { same: 0, error: 0, unseen: new Map() }
  for (const change of changesOf(disk)) {
    if (random() >= share) continue
    const { result, words } = await outcomeOf(disk, change, before)
    const what = `${change.kind} at ${change.position} of ${change.file}`
    if (result !== 'other') {
      tally[result]++
      if (result === 'error') expect(words, what).toContain(FOLDER)
      continue
    }
    const name = blindSpot(disk, change, end === 'close')
    if (name === null) expect(words, what).toBe(before)
    else tally.unseen.set(name, (tally.unseen.get(name) ?? 0) + 1)
  }
  return tally
}
