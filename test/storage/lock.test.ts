// Who owns a folder: one process at a time, told apart from the dead.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { fails } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { newFolder, openStorage } from './data-folder.js'

/** The LOCK file that a storage writes, with changes. */
async function lockLeftBy(folder: string, changes: object): Promise<string> {
  const storage = await openStorage(folder)
  const path = join(folder, 'LOCK')
  const owner = JSON.parse(fs.readFileSync(path, 'utf8')) as object
  await storage.close()
  fs.writeFileSync(path, JSON.stringify({ ...owner, token: 'another', ...changes }))
  return path
}

function exitOf(child: ReturnType<typeof spawn>): Promise<unknown> {
  return new Promise((resolve) => child.once('exit', resolve))
}

const OWNER = `
  import { FileStorage } from './src/storage/file/file-storage.ts'
  import { SystemClock } from './src/lib/clock.ts'
  const storage = new FileStorage(process.argv[1])
  await storage.open({ clock: new SystemClock() })
  console.log('open')
  process.stdin.resume()
`

describe('The lock of a folder', () => {
  it('is held while the storage is open and gone when it is closed', async () => {
    const folder = newFolder()
    const storage = await openStorage(folder)
    expect(JSON.parse(fs.readFileSync(join(folder, 'LOCK'), 'utf8'))).toMatchObject({
      pid: process.pid,
      host: hostname(),
      since: '2023-11-14T22:13:20.000Z',
    })
    await storage.close()
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('LOCK'))).toEqual([])
  })

  it('keeps out a second storage of the same process, by whatever path it comes', async () => {
    const folder = newFolder()
    await openStorage(folder)
    const other = join(newFolder(), 'link')
    fs.symlinkSync(folder, other)
    const error = await fails('STORAGE_LOCKED', () => new FileStorage(other).open({ clock: new VirtualClock() }))
    expect(error.message).toContain(`pid ${process.pid} on host ${hostname()} since 2023-11-14`)
  })

  it('keeps out another process while its owner lives, and is taken over when it was killed', async () => {
    const folder = newFolder()
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', OWNER, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const storage = new FileStorage(folder)
    const error = await fails('STORAGE_LOCKED', () => storage.open({ clock: new VirtualClock() }))
    expect(error.message).toContain(`pid ${child.pid} on host ${hostname()}`)
    const exit = exitOf(child)
    child.kill('SIGKILL')
    await exit
    expect(fs.existsSync(join(folder, 'LOCK'))).toBe(true)
    await openStorage(folder)
    expect(JSON.parse(fs.readFileSync(join(folder, 'LOCK'), 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it('is taken over when its process id belongs to a younger process', async () => {
    const folder = newFolder()
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'inherit'] })
    await lockLeftBy(folder, { pid: child.pid, processStart: '1' })
    if (fs.existsSync('/proc/self/stat')) {
      await openStorage(folder)
      expect(JSON.parse(fs.readFileSync(join(folder, 'LOCK'), 'utf8'))).toMatchObject({ pid: process.pid })
    } else await fails('STORAGE_LOCKED', () => new FileStorage(folder).open({ clock: new VirtualClock() }))
    const exit = exitOf(child)
    child.stdin.end()
    expect(await exit).toBe(0)
  })

  it('that is no lock any more, torn by a crash, is replaced', async () => {
    const folder = newFolder()
    fs.writeFileSync(join(folder, 'LOCK'), '{"pid":')
    const storage = await openStorage(folder)
    expect(storage.list()).toEqual([])
    expect(JSON.parse(fs.readFileSync(join(folder, 'LOCK'), 'utf8'))).toMatchObject({ pid: process.pid })
  })
})
