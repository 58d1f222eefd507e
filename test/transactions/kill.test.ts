// A few rounds of what `npm run crash:transactions` does three hundred times.
import { expect, test } from 'vitest'
import { killRounds } from './kill.js'

test.each(['os', 'always'] as const)(
  'a copier that is killed again and again copies each number once, at flush %s',
  async (flush) => {
    const { rounds, copied } = await killRounds(4, flush, 1)
    expect(copied).toBe(rounds * 120)
  },
  60_000,
)
