// A Redis of the benchmark's own: started on a socket in a folder of its own, told how often to sync, and ended with the round. It uses
// no port, and nothing of a Redis that may run on the machine already.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** `none`: in memory only. */
export type AppendFsync = 'none' | 'everysec' | 'always'

const START_MS_MAX = 10_000

export interface Redis {
  readonly socket: string
  stop(): Promise<void>
}

/** As redis-server says it, or null where there is none. */
export function redisVersion(): string | null {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/v=(\S+)/.exec(stdout)?.[1] ?? 'of unknown version') : null
}

export async function startRedis(scratch: string, fsync: AppendFsync): Promise<Redis> {
  const folder = mkdtempSync(join(scratch, 'redis-'))
  const socket = join(folder, 'socket')
  const durable = fsync === 'none' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', fsync]
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder, ...durable], {
    stdio: 'ignore',
  })
  for (let waited = 0; !existsSync(socket); waited += 10) {
    if (waited > START_MS_MAX || server.exitCode !== null) throw new Error('redis-server does not start')
    await setTimeout(10)
  }
  return { socket, stop: () => stopRedis(server, folder) }
}

async function stopRedis(server: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await gone
  rmSync(folder, { recursive: true, force: true })
}
