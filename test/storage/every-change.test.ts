// Each byte of each file of a data folder flipped, and each file cut at each length. What reads neither as it was nor says so is named.

import { expect, it } from 'vitest'
import { proveSeen } from './damage/proof.js'

it.each(['close', 'crash'] as const)(
  'A folder with a bit of each byte flipped, or each file cut anywhere, says so or reads as it was: after a %s',
  async (end) => {
    const { same, error, unseen } = await proveSeen(end, 1, 1)
    expect(same).toBeGreaterThan(1000)
    expect(error).toBeGreaterThan(5000)
    const names = ['a base offset beside a hole that compaction left', 'a segment that is finished, cut between two batches']
    expect([...unseen.keys()].sort()).toEqual(end === 'close' ? names : [...names, 'the base offset of the last batch, after a crash'])
  },
  1_200_000,
)
