// A slice of the histories that `npm run simulate:transactions` goes through.
import { expect, test } from 'vitest'
import { runSeed } from './seeds.js'

test('money is conserved through crashes, aborts, zombies, rebalances and timeouts', async () => {
  let committed = 0
  let crashes = 0
  for (let seed = 1; seed <= 40; seed++) {
    const report = await runSeed(seed)
    committed += report.committed
    crashes += report.crashes
  }
  expect(committed).toBeGreaterThan(100)
  expect(crashes).toBeGreaterThan(20)
}, 60_000)
