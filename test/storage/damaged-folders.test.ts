// Some of the changes of `npm run test:damage`, always the same ones.

import { expect, it } from 'vitest'
import { proveSeen } from './damage/proof.js'

it.each(['close', 'crash'] as const)(
  'A folder with one bit flipped, or one file cut, says so or reads as it was: after a %s',
  async (end) => {
    const { same, error } = await proveSeen(end, 0.015, 20_261_121)
    expect(same).toBeGreaterThan(10)
    expect(error).toBeGreaterThan(50)
  },
)
