// `npm run test:nodes -- 22 24`: runs the quick tests, and the built package, on the given versions of Node. Each version is fetched with
// npm as the plain executable for this machine, so nothing is installed and no install script has to run.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const VERSIONS = ['20.19', '22', '24', '26']

const system = process.platform === 'win32' ? 'win' : process.platform
const platformPackage = `node-${system}-${process.arch}`

function fetchNode(version, folder) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  execFileSync(
    npm,
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${platformPackage}@${version}`],
    { cwd: folder, stdio: 'inherit' },
  )
  return join(folder, 'node_modules', platformPackage, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node')
}

/** The built package in both formats: loads, opens a broker, sends one record, closes. */
const SMOKE = `
const run = async ({ Broker }) => {
  const broker = await Broker.open()
  const topic = await broker.topic('smoke')
  const { offset } = await topic.send({ value: 'one' })
  await broker.close()
  if (offset !== 0) throw new Error('the first offset is ' + offset)
}
import(process.env.KAFKALITE_ESM).then(run).then(() => run(require(process.env.KAFKALITE_CJS)))
  .then(() => console.log('the built package works in both formats'), (error) => { console.error(error); process.exitCode = 1 })
`

function runOn(version) {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-node-'))
  try {
    const node = fetchNode(version, folder)
    console.log(`Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`)
    const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }
    const tests = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'quick', '--reporter=dot'], options)
    let ok = tests.status === 0
    if (existsSync(join(ROOT, 'dist/index.js'))) {
      const env = {
        ...process.env,
        KAFKALITE_ESM: new URL('../dist/index.js', import.meta.url).href,
        KAFKALITE_CJS: join(ROOT, 'dist/index.cjs'),
      }
      ok = spawnSync(node, ['-e', SMOKE], { ...options, env }).status === 0 && ok
    } else {
      console.error('dist is not there: run npm run build first')
      ok = false
    }
    return ok
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const wanted = process.argv.slice(2)
const failed = (wanted.length > 0 ? wanted : VERSIONS).filter((version) => !runOn(version))
if (failed.length > 0) {
  console.error(`failed on Node ${failed.join(', ')}`)
  process.exitCode = 1
}
