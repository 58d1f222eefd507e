// Each byte of each file of a folder that was closed cleanly flipped, and each file cut at each length. What reads neither as it was nor says so is named.

import { expect, it } from 'vitest'
import { UNSEEN, proveSeen } from './damage/proof.js'

it('A folder that was closed says so or reads as it was, with a bit of each byte flipped, or each file cut anywhere', async () => {
  const { same, error, unseen } = await proveSeen('close', 1, 1)
  expect(same).toBeGreaterThan(1000)
  expect(error).toBeGreaterThan(5000)
  expect([...unseen.keys()]).toEqual([UNSEEN.cut])
}, 1_200_000)
