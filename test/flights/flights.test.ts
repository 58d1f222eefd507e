// The main job as a user runs it, in a process of its own: to its end, again, killed in the middle, and replayed.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = join(ROOT, 'examples/flights/main.ts')
const RUN_MS_MAX = 120_000

const scratch = mkdtempSync(join(tmpdir(), 'kafkalite-flights-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** Runs the example in `folder`; at the first output that `stopAt` matches it gets `stopWith`. */
function flights(folder: string, args: readonly string[], stopAt?: RegExp, stopWith: NodeJS.Signals = 'SIGKILL'): Promise<Run> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', MAIN, '--folder', join(scratch, folder), ...args], { cwd: ROOT })
  let output = ''
  let stopped = false
  const take = (text: string): void => {
    output += text
    if (stopped || !stopAt?.test(output)) return
    stopped = true
    child.kill(stopWith)
  }
  child.stdout?.setEncoding('utf8').on('data', take)
  child.stderr?.setEncoding('utf8').on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, output }))
  })
}

/** The rows of the last table, without what belongs to one run alone. */
function sums(output: string): string[] {
  const rows = output.split('\n').filter((line) => /^│ (flights in|analytics|auditor|jobs:)/.test(line))
  return rows.map((row) => row.replace(/\s+/g, ' '))
}

describe('three million flights, or fewer', { timeout: RUN_MS_MAX }, () => {
  test('a run ends with sums that agree, a second adds nothing, and history can be replayed from its beginning and from a day', async () => {
    const first = await flights('whole', ['--flights', '20000'])
    expect(first.code, first.output).toBe(0)
    expect(first.output).toContain('All sums agree.')
    expect(sums(first.output)).toHaveLength(11)

    const second = await flights('whole', ['--flights', '20000'])
    expect(second.code, second.output).toBe(0)
    expect(second.output).toContain('20,000 flights are there from before')
    expect(sums(second.output)).toEqual(sums(first.output))

    const replayed = await flights('whole', ['--replay'])
    expect(replayed.code, replayed.output).toBe(0)
    expect(replayed.output).toMatch(/│ flights +│ +20,000 │ +20,000 │ +yes │/)

    const since = await flights('whole', ['--since', '2001-01-02'])
    expect(since.code, since.output).toBe(0)
    expect(since.output).toContain('All sums agree.')
    const counted = Number(/│ flights +│ +([\d,]+) │/.exec(since.output)?.[1]?.replaceAll(',', ''))
    expect(counted).toBeGreaterThan(0)
    expect(counted).toBeLessThan(20_000)
  })

  test('what was killed in the middle of publishing ends with the same sums', async () => {
    const whole = await flights('unharmed', ['--flights', '60000'])
    expect(whole.code, whole.output).toBe(0)

    const killed = await flights('killed', ['--flights', '60000'], /published: [2-6]/)
    expect(killed.signal, killed.output).toBe('SIGKILL')
    const restarted = await flights('killed', ['--flights', '60000'])
    expect(restarted.code, restarted.output).toBe(0)
    expect(sums(restarted.output)).toEqual(sums(whole.output))
  })

  test('what was killed in the middle of the jobs ends with sums that agree', async () => {
    const killed = await flights('killed-jobs', ['--flights', '60000'], /jobs: [1-9]/)
    expect(killed.signal, killed.output).toBe('SIGKILL')
    const restarted = await flights('killed-jobs', ['--flights', '60000'])
    expect(restarted.code, restarted.output).toBe(0)
    expect(restarted.output).toContain('All sums agree.')
  })

  test('Ctrl-C stops it in order, more flights go on from there, and --fresh starts over', async () => {
    const stopped = await flights('interrupted', ['--flights', '60000'], /published: [2-6]/, 'SIGINT')
    expect(stopped.code, stopped.output).toBe(130)
    expect(stopped.output).toContain('Stopped. Start again')
    const restarted = await flights('interrupted', ['--flights', '70000'])
    expect(restarted.code, restarted.output).toBe(0)

    const fewer = await flights('interrupted', ['--flights', '5000'])
    expect(fewer.code, fewer.output).toBe(1)
    expect(fewer.output).toContain('start over with --fresh')
    const fresh = await flights('interrupted', ['--flights', '5000', '--fresh'])
    expect(fresh.code, fresh.output).toBe(0)
    expect(fresh.output).not.toContain('from before')
  })
})
