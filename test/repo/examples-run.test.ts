// Every example runs to its end and prints what stands in its main.out. An example with a test of its own says so here.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runProgram, tidy } from './program-run.js'
import { listFiles, ROOT } from './source-file.js'

/** Examples whose output is not the same on every run, and the test that looks after them instead. */
const OWN_TEST: Readonly<Record<string, string>> = { 'examples/flights/main.ts': 'test/flights/flights.test.ts' }

const programs = listFiles('examples', (name) => name.endsWith('/main.ts'))

test('an example has either a main.out or a test of its own', () => {
  const without = programs.filter((program) => !existsSync(join(ROOT, OWN_TEST[program] ?? program.replace(/\.ts$/, '.out'))))
  expect(without, 'write main.out beside it').toEqual([])
})

describe.concurrent('examples', () => {
  test('there are examples', ({ expect: expectHere }) => {
    expectHere(programs).not.toEqual([])
  })

  for (const program of programs.filter((name) => OWN_TEST[name] === undefined)) {
    test(`${program} prints what its main.out holds`, async ({ expect: expectHere }) => {
      const { code, stdout, stderr } = await runProgram(join(ROOT, program))
      expectHere(code, `${stdout}\n${stderr}`).toBe(0)
      expectHere(tidy(stdout)).toBe(tidy(readFileSync(join(ROOT, program.replace(/\.ts$/, '.out')), 'utf8')))
    }, 40_000)
  }
})
