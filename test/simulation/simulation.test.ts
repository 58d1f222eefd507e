// A slice of the simulation; `npm run simulate` does thousands of crashes. A failure names the seed that repeats it.

import { describe, expect, it } from 'vitest'
import { simulate } from './simulation.js'

describe('a broker that crashes again and again keeps its promises', () => {
  it.each(Array.from({ length: 12 }, (_, n) => 1000 + n))('with seed %i', async (seed) => {
    expect((await simulate(seed)).crashes).toBeGreaterThan(0)
  })
})
