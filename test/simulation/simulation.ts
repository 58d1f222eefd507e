// A run of the simulation: process after process on one disk, each ended by a crash at a file system call or between two, or by a
// close, and checked by the next. One number, the seed, decides everything.

import type { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { Life, turn } from './life.js'
import type { End } from './expectation.js'
import { operate } from './operations.js'
import { verify } from './verification.js'
import { Violation } from './violation.js'
import { World } from './world.js'

/** Lives of one run; then a new disk keeps models and logs small. */
export const LIVES = 25
const OPERATIONS_PER_LIFE = 30

/** What a run did. */
export interface RunResult {
  readonly crashes: number
  readonly powerCuts: number
  readonly calls: number
}

/** Runs the lives of one seed. Throws a Violation that names the seed. */
export async function simulate(seed: number, trace = false): Promise<RunResult> {
  const world = new World(seed, trace)
  const result = { crashes: 0, powerCuts: 0, calls: 0 }
  world.note(() => `flush ${world.flush}, faults ${JSON.stringify(world.faults)}`)
  let life = 0
  try {
    for (; life < LIVES; life++) {
      const end = await live(world)
      world.lastEnd = worst(world, end)
      if (world.verified) world.verifiedEnd = end
      if (end !== 'close') result.crashes++
      if (end === 'power') result.powerCuts++
      result.calls += callsOf(world.disk)
      world.note(() => `---- ${end}`)
      world.disk = world.disk.crash(end === 'power' ? 'power' : 'process')
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    const told = world.trace === null ? '' : `\n${world.trace.slice(-200).join('\n')}\n`
    throw new Violation(`seed ${seed}, life ${life}, after '${world.lastEnd}': ${words}${told}`, { cause: error })
  }
  return result
}

/** One life, from opening to its end. */
async function live(world: World): Promise<End> {
  const life = new Life(world)
  world.verified = false
  const kind: End = world.chance(0.15) ? 'close' : world.chance(0.5) ? 'power' : 'process'
  const dice = world.random()
  // Some die while they start, most somewhere later, some between two calls.
  if (kind !== 'close' && dice < 0.15) world.disk.crashAfter(world.below(30))
  else if (kind !== 'close' && dice < 0.8) world.disk.crashAfter(world.below(world.callsPerLife))
  const before = callsOf(world.disk)
  const end = await run(life, kind)
  world.callsPerLife = Math.ceil((world.callsPerLife * 7 + 2 * (callsOf(world.disk) - before)) / 8) + 1
  life.throwFailure()
  world.nowMs = life.clock.now()
  return end
}

async function run(life: Life, kind: End): Promise<End> {
  const { world } = life
  const crash: End = kind === 'close' ? 'process' : kind
  try {
    await life.finish('opening', life.open())
    await life.finish('looking at everything', verify(life))
    if (!life.alive) return crash
    world.verified = true
    for (let n = world.below(OPERATIONS_PER_LIFE); n > 0 && life.alive; n--) {
      await operate(life)
      if (world.chance(0.5)) await turn()
      if (world.chance(0.5)) world.disk.settleSyncs(1)
      if (world.chance(0.2)) await life.settle()
      life.throwFailure()
    }
    if (kind !== 'close' || !life.alive) return crash
    await life.settle()
    world.queue.closing()
    await life.finish('closing', life.broker.close())
    return 'close'
  } catch (error) {
    life.judge('a life', error)
    return crash
  }
}

/**
 * What the next look has to reckon with. A life that ended before it had looked at everything leaves that to the next one. With faults
 * a close that reports nothing may have saved less than one that had none; it promises as much as a process that ends.
 */
function worst(world: World, end: End): End {
  const ends: End[] = [end === 'close' && world.hasFaults ? 'process' : end]
  if (!world.verified) ends.push(world.lastEnd)
  return ends.includes('power') ? 'power' : ends.includes('process') ? 'process' : 'close'
}

function callsOf(disk: FaultyFileSystem): number {
  return Object.values(disk.calls).reduce((sum, count) => sum + count, 0) - disk.calls.read
}
