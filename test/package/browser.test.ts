// The memory path in a browser: bundled with the `browser` condition it holds nothing of Node, and it runs where Node's globals are not.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { beforeAll, expect, inject, test } from 'vitest'
import { run } from './pack.js'

const consumer = inject('consumer')
const bundle = join(consumer, 'memory.bundle.mjs')

beforeAll(async () => {
  await build({
    entryPoints: [join(consumer, 'memory.ts')],
    outfile: bundle,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    target: 'es2022',
  })
})

test('the bundle imports nothing, of Node or otherwise', () => {
  const text = readFileSync(bundle, 'utf8')
  // But for a package that a program may have, asked for by a name that is known only then.
  expect(text.match(/["'`]node:[\w/]+["'`]|(?<!\.)\brequire\(|\bimport\b(?!\(\w+\))[^;]{0,80}["']/g) ?? []).toEqual([])
  console.log(`the memory path: ${(text.length / 1024).toFixed(1)} KB minified, ${(gzipSync(text).length / 1024).toFixed(1)} KB compressed`)
})

test('it runs where neither Buffer nor process nor setImmediate is', async () => {
  const page = `
    const { log } = console
    globalThis.tell = (words) => log(words)
    for (const name of ['Buffer', 'process', 'setImmediate', 'global', 'require']) Object.defineProperty(globalThis, name, { value: undefined })
    await import('./memory.bundle.mjs')
  `
  writeFileSync(join(consumer, 'page.mjs'), page)
  await expect(run(process.execPath, ['page.mjs'], consumer)).resolves.toBe('grün blå 🌊 true\n')
})
