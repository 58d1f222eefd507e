// What is in the tarball, and what the judges of packages say of it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { ROOT } from '../repo/source-file.js'
import { run } from './pack.js'

const consumer = inject('consumer')
const tarball = inject('tarball')
const installed = join(consumer, 'node_modules/kafkalite')
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object; dependencies: object }

/** Every path that the exports map names. */
function targetsOf(entry: unknown): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry as object).flatMap(targetsOf)
}

test('the tarball holds the built files, the readme, the licence and the manifest, and nothing else', () => {
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
  const endings = new Set(readdirSync(join(installed, 'dist')).map((name) => /(\.d)?\.c?[jt]s(\.map)?$/.exec(name)?.[0]))
  expect([...endings].sort()).toEqual(['.cjs', '.cjs.map', '.d.cts', '.d.ts', '.js', '.js.map'])
})

test('every path of the exports map is there', () => {
  const names = new Set(readdirSync(join(installed, 'dist')).map((name) => `./dist/${name}`)).add('./package.json')
  expect(targetsOf(manifest.exports).filter((target) => !names.has(target))).toEqual([])
})

test('eventemitter3 is all that is installed with it', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['eventemitter3'])
})

test('no built file names a path of the machine it was built on', () => {
  const naming = readdirSync(join(installed, 'dist')).filter((name) => readFileSync(join(installed, 'dist', name), 'utf8').includes(ROOT))
  expect(naming).toEqual([])
})

test('publint has nothing to say', async () => {
  await expect(run(process.execPath, [join(ROOT, 'node_modules/publint/src/cli.js'), tarball, '--strict'], ROOT)).resolves.toContain(
    'All good',
  )
})

test('attw finds the right types in every format', async () => {
  const cli = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  // It exits with an error when it finds a problem. The profile leaves out the resolution of Node 10, which TypeScript 7 no longer has.
  await expect(run(process.execPath, [cli, tarball, '--profile', 'node16', '--format', 'ascii', '--no-emoji'], ROOT)).resolves.toContain(
    'node16 (from CJS): OK (CJS)',
  )
})
