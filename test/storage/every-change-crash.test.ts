// The same of a folder that a crash left, with its journal: nobody knows where its logs should end.

import { expect, it } from 'vitest'
import { UNSEEN, proveSeen } from './damage/proof.js'

it('A folder that a crash left says so or reads as it was, with a bit of each byte flipped, or each file cut anywhere', async () => {
  const { same, error, unseen } = await proveSeen('crash', 1, 1)
  expect(same).toBeGreaterThan(1000)
  expect(error).toBeGreaterThan(5000)
  expect([...unseen.keys()].sort()).toEqual(Object.values(UNSEEN).sort())
}, 1_200_000)
