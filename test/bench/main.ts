// npm run bench [-- --quick] [--rounds 7] [--folder /some/disk] [--only 'part of a name'] [--json table.json]; npm run bench:queue for the rows of queues
// Installs what is compared with, bundles the sources as a user gets them (what runs TypeScript on the fly wraps every closure, and
// that shows), and runs the bundle in a process of its own.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
// Inside node_modules, so that the peers resolve from there.
const [program = 'run', ...options] = process.argv.slice(2)
const bundle = `${here}node_modules/.bench/${program}.mjs`

if (!existsSync(`${here}node_modules/vega`)) {
  console.log('installing what is compared with ...')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: here, stdio: 'inherit' })
}
mkdirSync(`${here}node_modules/.bench`, { recursive: true })
const common = { bundle: true, platform: 'node', format: 'esm', target: 'node20', tsconfig: `${root}tsconfig.json` } as const
// What processes of their own import: as it is published, in pieces.
await build({ ...common, entryPoints: [`${root}src/index.ts`], outdir: `${here}node_modules/.bench/package`, splitting: true })
await build({
  ...common,
  entryPoints: [`${here}${program}.ts`],
  outfile: bundle,
  // CommonJS inside an ESM bundle asks for `require`.
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
})
// Small enough that a copy of what streams through shows.
const heap = program === 'kindness' ? ['--max-old-space-size=64'] : []
execFileSync(process.execPath, ['--expose-gc', ...heap, bundle, ...options], { cwd: root, stdio: 'inherit' })
