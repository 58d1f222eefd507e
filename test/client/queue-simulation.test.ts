// A queue against a simple model, a slice of what `npm run simulate:queue -- --seed N --rounds N` plays. The seed names the history: a
// failure is repeated with that seed alone.

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../core/cluster-fixture.js'
import { playHistory } from './queue-run.js'

describe('a queue does what a simple model says', () => {
  test.each(Array.from({ length: 16 }, (_, seed) => seed + 1))('with seed %i', async (seed) => {
    expect(await playHistory(seededRandom(seed), 120, seed % 2 === 0)).toBeGreaterThan(0)
  })
})
