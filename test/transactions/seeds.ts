// One seed is one history: it says how the storage behaves and what happens when. The same seed gives the same history again.

import { seededRandom } from '../core/cluster-fixture.js'
import { type BankReport, runBank } from './bank.js'
import { type Disk, fileDisk } from './disk.js'
import { memoryDisk } from './crashing-storage.js'
import { runTill, type TillReport } from './till.js'

const FLUSHES = ['os', 'interval', 'always'] as const

/** Half of the histories go on files. */
function anyDisk(random: () => number): Disk {
  if (random() < 0.5) return fileDisk(random)
  return memoryDisk({ random, atomic: random() < 0.5, slowness: random() < 0.4 ? 0 : random() * 0.6 })
}

/** The same for the till. */
export async function runTillSeed(seed: number): Promise<TillReport> {
  const random = seededRandom(seed)
  for (let warm = 0; warm < 5; warm++) random()
  const disk = anyDisk(random)
  const flush = FLUSHES[Math.floor(random() * FLUSHES.length)] ?? 'os'
  try {
    return await runTill({ random, disk, flush, payments: 5 + Math.floor(random() * 10) })
  } catch (cause) {
    throw new Error(`till of seed ${seed}: ${String(cause)}`, { cause })
  }
}

export async function runSeed(seed: number): Promise<BankReport> {
  const random = seededRandom(seed)
  for (let warm = 0; warm < 5; warm++) random()
  const disk = anyDisk(random)
  const flush = FLUSHES[Math.floor(random() * FLUSHES.length)] ?? 'os'
  try {
    return await runBank({
      random,
      disk,
      flush,
      requests: 5 + Math.floor(random() * 25),
      accounts: 2 + Math.floor(random() * 4),
      workers: 1 + Math.floor(random() * 3),
    })
  } catch (cause) {
    throw new Error(`seed ${seed}: ${String(cause)}; again with: npm run simulate:transactions -- --seed ${seed}`, { cause })
  }
}
