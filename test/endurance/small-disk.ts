// A disk of a few megabytes: a real one in memory, mounted in a namespace of a process of its own, where the system allows that to this
// user, else the one that only plays it.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { type CaseName, DISK_BYTES, type Flush, fillDisk } from './full-disk.js'

const MOUNT = `mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$0"`

export interface Filled {
  /** What the disk was. */
  readonly kind: string
  /** What was measured. */
  readonly words: string
}

function mayMount(folder: string): boolean {
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', MOUNT, folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs the case to its end; throws what it threw. */
export async function onSmallDisk(name: CaseName, flush: Flush): Promise<Filled> {
  const place = fs.mkdtempSync(join(tmpdir(), 'kafkalite-full-'))
  const folder = join(place, 'disk')
  fs.mkdirSync(folder)
  try {
    if (!mayMount(folder)) {
      const fileSystem = new FaultyFileSystem({ capacityBytes: DISK_BYTES })
      const words = await fillDisk({ storage: () => new FileStorage('/data', { fileSystem }) }, name, flush)
      return { kind: 'a file system that plays it, for mounting one is not allowed here', words }
    }
    const outfile = join(place, 'child.mjs')
    const root = fileURLToPath(new URL('../../', import.meta.url))
    buildSync({
      entryPoints: [`${root}test/endurance/small-disk-child.ts`],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      tsconfig: `${root}tsconfig.json`,
      logLevel: 'error',
    })
    const command = `${MOUNT} && exec "$@"`
    const program = [process.execPath, outfile, join(folder, 'data'), name, flush]
    return { kind: 'tmpfs', words: execFileSync('unshare', ['-rm', 'sh', '-c', command, folder, ...program], { encoding: 'utf8' }).trim() }
  } finally {
    fs.rmSync(place, { recursive: true, force: true })
  }
}
