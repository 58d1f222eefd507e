// Rounds of killing: a process begins to work in a folder, is killed with SIGKILL in the middle of it, and what it was promised is
// compared with what the folder holds. The next round goes on in the same folder; now and then a new one is begun.

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Clock } from '../../src/lib/clock.js'
import { Ledger } from './ledger.js'

/** A folder serves so many rounds. */
const ROUNDS_PER_FOLDER = 20
const PROMISES_MAX = 600
const DELAY_MS_MAX = 250

export interface CrashRounds {
  readonly rounds: number
  readonly random: () => number
  /** With a clock half of the processes are killed after a time; without one all are killed at a promise. */
  readonly clock?: Clock
  readonly onRound?: (round: number, promises: number) => void
}

/** Answers how many promises were checked. Throws at the first that was broken. */
export async function crashRounds({ rounds, random, clock, onRound }: CrashRounds): Promise<number> {
  const place = fs.mkdtempSync(join(tmpdir(), 'kafkalite-crash-'))
  let [promises, ledger, folder] = [0, new Ledger(), '']
  try {
    const program = await bundle(place)
    for (let round = 0; round < rounds; round++) {
      if (round % ROUNDS_PER_FOLDER === 0) {
        promises += ledger.count
        ledger = new Ledger()
        if (folder !== '') fs.rmSync(folder, { recursive: true })
        folder = join(place, `data-${round}`)
      }
      const delayMs = clock !== undefined && random() < 0.5 ? random() * DELAY_MS_MAX : null
      await killOne(program, folder, round, ledger, { promises: Math.ceil(random() * PROMISES_MAX), delayMs, clock })
      await ledger.check(folder)
      onRound?.(round, promises + ledger.count)
    }
    return promises + ledger.count
  } finally {
    fs.rmSync(place, { recursive: true, force: true })
  }
}

interface Death {
  readonly promises: number
  readonly delayMs: number | null
  readonly clock: Clock | undefined
}

/** Runs a process until it is killed; everything it told before is in the ledger when this resolves. */
async function killOne(program: string, folder: string, round: number, ledger: Ledger, death: Death): Promise<void> {
  const child = spawn(process.execPath, [program, folder, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const { promises, delayMs, clock } = death
  let told = 0
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const over = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve()
      else reject(new Error(`the process of round ${round} ended by itself with ${code ?? signal}: ${errors}`))
    })
  })
  for await (const line of createInterface({ input: child.stdout })) {
    ledger.take(line)
    if (line === 'ready' && delayMs !== null) clock?.setTimer(clock.now() + delayMs, () => kill(child), { holds: true })
    if (++told === promises && delayMs === null) kill(child)
  }
  await over
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL')
}

/** One file, so that a process starts in a fraction of the time. */
async function bundle(place: string): Promise<string> {
  const outfile = join(place, 'child.mjs')
  const root = fileURLToPath(new URL('../../', import.meta.url))
  await build({
    entryPoints: [`${root}test/crash/child.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    tsconfig: `${root}tsconfig.json`,
    logLevel: 'error',
  })
  return outfile
}
