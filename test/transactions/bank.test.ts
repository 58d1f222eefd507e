// A slice of the histories that `npm run simulate:transactions` goes through.
import { expect, test } from 'vitest'
import { runSeed, runTillSeed } from './seeds.js'

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

test('a payment has one receipt and is done then, through crashes, aborts, lost locks and compaction', async () => {
  const total = { crashes: 0, committed: 0, aborted: 0, lost: 0 }
  for (let seed = 1; seed <= 40; seed++) {
    const report = await runTillSeed(seed)
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report[key]
  }
  for (const [what, count] of Object.entries(total)) expect(count, what).toBeGreaterThan(20)
}, 60_000)
