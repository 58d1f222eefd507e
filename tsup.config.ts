// How the published files are built: every entry as an ES module and as CommonJS, each with types of its own. What the entries share
// becomes chunks, in both formats, so that a program which loads kafkalite and kafkalite/testing has one Broker and one KafkaliteError.
// The CommonJS files are made from the ES modules one by one: tsup's own way of splitting CommonJS rewrites `?.` and `??` into calls
// with closures, which costs in every hot path.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { defineConfig } from 'tsup'

const types = {
  index: 'src/index.ts',
  'index.browser': 'src/index.browser.ts',
  testing: 'src/testing/index.ts',
  outbox: 'src/outbox/index.ts',
}
const cli = { bundle: true, minify: true, format: 'cjs', platform: 'node', target: 'node20', legalComments: 'none' } as const

/**
 * The command is a program and nobody's module, so it is built to start fast: what `serve` needs is one file, CommonJS because that
 * loads faster, and small because it is parsed each time. The command itself is apart from it, so that it can turn on the compile cache.
 */
async function writeCommand(): Promise<void> {
  await build({ ...cli, entryPoints: ['src/cli/serve.ts'], outfile: 'dist/cli-serve.cjs' })
  await build({
    ...cli,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.cjs',
    plugins: [
      {
        name: 'apart',
        setup: ({ onResolve }) => onResolve({ filter: /\/serve\.js$/ }, () => ({ path: './cli-serve.cjs', external: true })),
      },
    ],
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href" },
  })
}

async function writeCommonJs(): Promise<void> {
  const modules = (await readdir('dist')).filter((name) => name.endsWith('.js')).map((name) => `dist/${name}`)
  await build({
    entryPoints: modules,
    bundle: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
  })
  for (const name of modules.map((module) => module.replace(/\.js$/, '.cjs'))) {
    const text = await readFile(name, 'utf8')
    await writeFile(name, text.replace(/\b(require|import)\("(\.\/[\w.-]+)\.js"\)/g, '$1("$2.cjs")'))
  }
}

export default defineConfig([
  {
    entry: types,
    format: ['esm'],
    target: 'node20',
    platform: 'neutral',
    splitting: true,
    sourcemap: true,
    clean: true,
    removeNodeProtocol: false,
    external: [/^node:/],
    // A file imported for what it does, not for what it exports, must be named in `sideEffects` of package.json, or it is left out.
    esbuildOptions: (options) => {
      options.logOverride = { 'ignored-bare-import': 'error' }
    },
    onSuccess: async () => {
      await writeCommonJs()
      await writeCommand()
    },
  },
  {
    entry: types,
    format: ['esm', 'cjs'],
    // tsup sets baseUrl when it makes the types, which TypeScript 6 calls deprecated.
    dts: { only: true, compilerOptions: { ignoreDeprecations: '6.0', noEmit: false, paths: {} } },
  },
])
