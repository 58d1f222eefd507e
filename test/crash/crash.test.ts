// A few rounds of killing real processes; `npm run crash` does hundreds.

import { expect, it } from 'vitest'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { crashRounds } from './rounds.js'

it('keeps every promise that a killed process was given', async () => {
  expect(await crashRounds({ rounds: 8, random: seededRandom(42) })).toBeGreaterThan(8)
})
