// Packs the tarball and installs it into an empty project outside the checkout, once for all tests of the package. They see only what a
// user gets.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The project that kafkalite is installed in. */
    consumer: string
    tarball: string
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

/** The lines a command prints. Rejects with everything it said when it fails. */
export function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`))
      else resolve(stdout)
    })
  })
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kafkalite-package-'))
  const consumer = join(folder, 'consumer')
  await run('npm', ['pack', '--pack-destination', folder, ...QUIET], ROOT)
  const tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'no tarball')
  await cp(join(ROOT, 'test/package/consumer'), consumer, { recursive: true })
  await cp(join(ROOT, 'test/package/programs'), consumer, { recursive: true })
  await run('npm', ['ci', '--prefer-offline', '--ignore-scripts', ...QUIET], consumer)
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', ...QUIET, tarball], consumer)
  project.provide('consumer', consumer)
  project.provide('tarball', tarball)
  const { version } = JSON.parse(await readFile(join(consumer, 'node_modules/kafkalite/package.json'), 'utf8')) as { version: string }
  console.log(`kafkalite ${version} is packed and installed`)
  return () => rm(folder, { recursive: true, force: true })
}
