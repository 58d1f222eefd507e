// Kills the copier with SIGKILL at any moment, round after round, and looks into the log after each: every number is there at most once,
// and at the end exactly once. Real processes, real files. `npm run crash:transactions -- --rounds 300`.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Broker, FileStorage } from '../../src/index.js'
import { seededRandom } from '../core/cluster-fixture.js'

export interface KillReport {
  readonly rounds: number
  readonly killed: number
  readonly copied: number
}

const NUMBERS_PER_ROUND = 120

export async function killRounds(rounds: number, flush: 'os' | 'always', seed: number): Promise<KillReport> {
  const random = seededRandom(seed)
  const place = mkdtempSync(join(tmpdir(), 'kafkalite-kill-'))
  const program = join(place, 'copier.mjs')
  const folder = join(place, 'data')
  await build({
    entryPoints: [fileURLToPath(new URL('copier.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    logLevel: 'error',
  })
  let killed = 0
  let copied = 0
  for (let round = 1; round <= rounds; round++) {
    const count = round * NUMBERS_PER_ROUND
    const isLast = round === rounds
    if (await live(program, [folder, flush, String(count)], isLast ? null : 1 + Math.floor(random() * 50))) killed++
    copied = await verify(folder, isLast ? count : null, round)
  }
  rmSync(place, { recursive: true })
  return { rounds, killed, copied }
}

/** Runs the program, and kills it as soon as it has told of so many steps; how far it gets until the signal arrives is chance. */
function live(program: string, args: readonly string[], killAfterSteps: number | null): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let steps = 0
    child.stdout.on('data', (data: Buffer) => {
      steps += data.toString().split('.').length - 1
      if (killAfterSteps !== null && steps >= killAfterSteps) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(true)
      else if (code === 0) resolve(false)
      else reject(new Error(`the copier ended with code ${code}`))
    })
  })
}

/** How many numbers were copied. Throws when one is there twice, or missing when all must be there. */
async function verify(folder: string, all: number | null, round: number): Promise<number> {
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  const seen = new Set<string>()
  for await (const { value } of (await broker.topic('out')).read({ to: 'end', isolation: 'read_committed' })) {
    if (seen.has(value as string)) throw new Error(`round ${round}: ${value} was copied twice, see ${folder}`)
    seen.add(value as string)
  }
  const { partitions } = await broker.group('copier').lag()
  const done = partitions.reduce((sum, { committed }) => sum + (committed ?? 0), 0)
  await broker.close()
  if (done !== seen.size) throw new Error(`round ${round}: ${seen.size} numbers were copied and ${done} are committed, see ${folder}`)
  if (all !== null && seen.size !== all) throw new Error(`round ${round}: ${seen.size} of ${all} numbers were copied, see ${folder}`)
  return seen.size
}
