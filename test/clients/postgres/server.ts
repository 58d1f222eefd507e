// A PostgreSQL server of one test: a data folder of its own, on loopback and a free port, ended with the test. It does not run as root,
// so root lets somebody else run it.

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** nobody, nogroup: there on every Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const READY = 'database system is ready to accept connections'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface Postgres {
  readonly host: string
  readonly port: number
  readonly user: string
  stop(): Promise<void>
}

/** Starts one and answers how to connect. */
export async function startPostgres(): Promise<Postgres> {
  const install = fileURLToPath(new URL('../../../.ci/postgres/install.sh', import.meta.url))
  const programs = execFileSync(install, { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-postgres-'))
  const isRoot = process.getuid?.() === 0
  const identity = isRoot ? NOBODY : {}
  if (isRoot) chownSync(folder, NOBODY.uid, NOBODY.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  execFileSync(join(programs, 'initdb'), ['--pgdata', data, '--username', 'kafkalite', '--auth', 'trust'], { ...identity, cwd: folder })
  const port = await freePort()
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder]
  const server = spawn(join(programs, 'postgres'), args, { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(server, 'exit')
  const stop = async (): Promise<void> => {
    // Smart shutdown: a pool that has ended may still be closing its connections, and a fast one would fail them.
    server.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  let told = ''
  for await (const text of server.stderr.setEncoding('utf8')) {
    told += text
    if (told.includes(READY)) break
  }
  if (!told.includes(READY)) throw new Error(`PostgreSQL did not start: ${told}`)
  return { host: '127.0.0.1', port, user: 'kafkalite', stop }
}
