// Runs a TypeScript program from the sources, as a user would run it: in a process of its own, in an empty folder, to its end. A program
// that does not end by itself is stopped and reported, for an open handle is a defect.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './source-file.js'

export interface ProgramResult {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

const RUN_MS_MAX = 100_000

/** Runs a TypeScript file with tsx, in an empty folder. */
export function runProgram(file: string): Promise<ProgramResult> {
  return runToEnd([join(ROOT, 'node_modules/tsx/dist/cli.mjs'), '--tsconfig', join(ROOT, 'tsconfig.json'), file])
}

/** Runs a file of JavaScript, in an empty folder. */
export const runJavaScript = (file: string): Promise<ProgramResult> => runToEnd(['--enable-source-maps', file])

/** Runs a file of tests with vitest. Its config is one that takes the file as it is named. */
export function runTests(file: string, config: string): Promise<ProgramResult> {
  return runToEnd([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--config', config, file])
}

async function runToEnd(args: readonly string[]): Promise<ProgramResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kafkalite-run-'))
  try {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        args,
        { cwd: folder, timeout: RUN_MS_MAX, env: { ...process.env, NO_COLOR: '1' } },
        (error, stdout, stderr) => {
          const stopped = error?.killed ? `did not end within ${RUN_MS_MAX} ms` : undefined
          resolve({ code: stopped ?? error?.code ?? (error ? String(error.signal) : 0), stdout, stderr })
        },
      )
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Output as it is compared: no spaces at the ends of lines, no empty lines at the end. */
export const tidy = (output: string): string => output.replace(/[ \t]+$/gm, '').trimEnd()
