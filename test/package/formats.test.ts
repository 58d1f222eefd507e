// The installed package through `import` and `require`, in the compilers users have, and both formats at once.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { blocksOf } from '../repo/code-blocks.js'
import { ROOT } from '../repo/source-file.js'
import { run } from './pack.js'

const consumer = inject('consumer')
const node = (...args: string[]): Promise<string> => run(process.execPath, args, consumer)

test('a first program runs as an ES module', async () => {
  expect(await node('use.mjs')).toBe('7 true\n')
})

test('the same program runs as CommonJS', async () => {
  expect(await node('use.cjs')).toBe('7 true\n')
})

test('both formats in one process know the errors of each other and share clocks and serdes', async () => {
  expect(await node('two-copies.mjs')).toBe('true 0 true true false\n')
})

test('the first program of the readme runs against the tarball', async () => {
  const [first] = blocksOf('README.md', readFileSync(join(ROOT, 'README.md'), 'utf8'))
  writeFileSync(join(consumer, 'readme.mts'), first?.code ?? '')
  await node(
    'node_modules/typescript-7/bin/tsc',
    '--ignoreConfig',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    'readme.mts',
  )
  const printed = await node('readme.mjs')
  expect(printed.trimEnd()).toBe(first?.output?.trimEnd() ?? printed.trimEnd())
}, 120_000)

const STRICT = [
  '--ignoreConfig',
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  'false',
  '--noUncheckedIndexedAccess',
  '--target',
  'es2022',
  '--types',
  'node',
]
const RESOLUTIONS = [
  { name: 'node16', args: ['--module', 'node16', '--moduleResolution', 'node16'] },
  { name: 'nodenext', args: ['--module', 'nodenext', '--moduleResolution', 'nodenext'] },
  { name: 'bundler', args: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
  {
    name: 'bundler, with exact optional properties',
    args: ['--module', 'esnext', '--moduleResolution', 'bundler', '--exactOptionalPropertyTypes'],
  },
]

const BROWSER = {
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  customConditions: ['browser'],
}

describe.each(['typescript-6', 'typescript-7'])('%s compiles a program', (compiler) => {
  const compile = (...args: string[]): Promise<string> => node(`node_modules/${compiler}/bin/tsc`, ...args)

  test.each(RESOLUTIONS)('under the resolution $name', async ({ args }) => {
    await expect(compile(...STRICT, ...args, 'typed.ts')).resolves.toBe('')
  })

  test('that is CommonJS', async () => {
    writeFileSync(join(consumer, 'typed.cts'), readFileSync(join(consumer, 'typed.ts')))
    await expect(compile(...STRICT, '--module', 'node16', '--moduleResolution', 'node16', 'typed.cts')).resolves.toBe('')
  })

  test('for a browser, without the types of Node', async () => {
    const compilerOptions = { ...BROWSER, lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], types: [] }
    writeFileSync(join(consumer, 'tsconfig.browser.json'), JSON.stringify({ compilerOptions, files: ['memory.ts'] }))
    await expect(compile('-p', 'tsconfig.browser.json')).resolves.toBe('')
  })
})
