// Who may take a lock over from whom: process ids that are used again, containers, hosts and reboots, with identities that the test
// makes up, and heartbeats in time that the test moves.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { KafkaliteError } from '../../src/errors.js'
import { BEAT_MS, LOOKS, lockFolder } from '../../src/storage/file/folder-lock.js'
import type { FolderLock } from '../../src/storage/file/file-system.js'
import { LockFile } from '../../src/storage/file/lock-file.js'
import { containerOf } from '../../src/storage/file/process-identity.js'
import type { ProcessIdentity, ProcessTable } from '../../src/storage/file/process-identity.js'
import { START_MS, batchAt, fails } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { newFolder, openLog } from './data-folder.js'

const US: ProcessIdentity = {
  pid: 100,
  processStart: '5000',
  boot: 'boot-a',
  pidSpace: 'pid:[1]',
  host: 'here',
  machine: 'machine-a',
  container: '',
}

/** A system where we are `self` and the processes of `starts` run beside us. */
function system(self: Partial<ProcessIdentity> = {}, starts: Readonly<Record<number, string>> = {}): ProcessTable {
  const me = { ...US, ...self }
  return { self: () => me, startOf: (pid) => (pid === me.pid ? me.processStart : (starts[pid] ?? null)) }
}

/** A folder with the lock of an owner that differs from us in that. */
function lockedBy(other: Partial<ProcessIdentity>): string {
  const folder = newFolder()
  const owner = { ...US, pid: 7, processStart: '42', ...other, since: '2023-01-01T00:00:00.000Z', token: 'theirs' }
  fs.writeFileSync(join(folder, 'LOCK'), JSON.stringify(owner))
  return folder
}

const owner = (folder: string): { readonly token?: string; readonly pid?: number } =>
  JSON.parse(fs.readFileSync(join(folder, 'LOCK'), 'utf8'))

/** Takes the folder at once or fails; what would have to watch a heartbeat says so. */
function take(folder: string, processes: ProcessTable, clock = new VirtualClock(START_MS)): FolderLock | 'watches' {
  const lock = lockFolder(folder, START_MS, { clock, processes })
  if (!('release' in lock)) return 'watches'
  onTestFinished(() => lock.release())
  return lock
}

describe('A lock whose owner can be judged from here', () => {
  it('keeps us out while a process of that id and that start runs', async () => {
    const folder = lockedBy({ pid: 7, processStart: '42' })
    const error = await fails('STORAGE_LOCKED', () => take(folder, system({}, { 7: '42' })))
    expect(error.message).toContain('pid 7 on host here since 2023-01-01T00:00:00.000Z')
    expect(owner(folder).token).toBe('theirs')
  })

  it.each([
    ['no process of that id runs', {}, {}, {}],
    ['the id belongs to a younger process', {}, {}, { 7: '43' }],
    ['the id is our own, and we began later', { pid: 100, processStart: '42' }, {}, {}],
    ['the machine was started anew, and the id runs again', { boot: 'boot-before' }, {}, { 7: '42' }],
    [
      'the container was started anew, with our id and start',
      { pid: 100, processStart: '5000', container: 'c1', pidSpace: 'pid:[2]' },
      { container: 'c1' },
      {},
    ],
    ['the host was given another name meanwhile', { host: 'before' }, {}, {}],
  ] as const)('is taken over at once when %s', (_, other, self, starts) => {
    const folder = lockedBy(other)
    expect(take(folder, system(self, starts))).not.toBe('watches')
    expect(owner(folder)).toMatchObject({ pid: 100 })
    expect(fs.readdirSync(folder)).toEqual(['LOCK'])
  })

  it('names the one that is just taking it over from the dead', async () => {
    const folder = lockedBy({})
    fs.writeFileSync(join(folder, 'LOCK.claim.theirs'), JSON.stringify({ ...US, pid: 8, processStart: '1', since: 'now', token: 'heir' }))
    const error = await fails('STORAGE_LOCKED', () => take(folder, system({}, { 8: '1' })))
    expect(error.message).toContain('pid 8')
  })

  it('is taken over from heirs that died taking it over, each at another step', () => {
    const folder = lockedBy({})
    const heir = (pid: number, token: string): string => JSON.stringify({ ...US, pid, processStart: '1', since: 'now', token })
    fs.writeFileSync(join(folder, 'LOCK.claim.theirs'), heir(8, 'heir'))
    fs.writeFileSync(join(folder, 'LOCK.claim.heir'), heir(9, 'heir-of-heir'))
    fs.writeFileSync(join(folder, 'LOCK.draft'), heir(10, 'draft'))
    fs.writeFileSync(join(folder, 'LOCK.claim.long-gone'), heir(11, 'slow'))
    expect(take(folder, system())).not.toBe('watches')
    expect(fs.readdirSync(folder)).toEqual(['LOCK'])
  })

  it('is taken over when it was torn, and so was the claim on it', () => {
    const folder = newFolder()
    fs.writeFileSync(join(folder, 'LOCK'), '')
    fs.writeFileSync(join(folder, 'LOCK.claim.torn'), '{"pid":0,"token":"x"}')
    expect(take(folder, system())).not.toBe('watches')
    expect(owner(folder)).toMatchObject({ pid: 100 })
  })

  it('that changed hands between a look and the claim stays with its new owner', () => {
    const folder = lockedBy({})
    const file = new LockFile(folder)
    const seen = file.chain()
    fs.writeFileSync(file.path, JSON.stringify({ ...US, pid: 8, since: 'now', token: 'quicker' }))
    expect(file.takeOver(seen, { ...US, since: 'now', token: 'slower' })).toBe(false)
    expect(owner(folder).token).toBe('quicker')
    expect(fs.readdirSync(folder)).toEqual(['LOCK'])
  })
})

describe('A lock whose owner cannot be seen from here', () => {
  const ELSEWHERE = { host: 'there', boot: 'boot-b', pidSpace: 'pid:[1]', machine: 'machine-b' }

  it.each([
    ['on another host', ELSEWHERE, {}],
    ['in another container of the same machine', { pidSpace: 'pid:[2]', host: 'container-2' }, {}],
    ['in a container of the same name on another machine', { boot: 'boot-b', machine: '', pidSpace: 'pid:[2]' }, { machine: '' }],
    [
      'on a system that does not tell when processes began',
      { boot: '', pidSpace: '', processStart: '' },
      { boot: '', pidSpace: '', processStart: '' },
    ],
  ] as const)('%s is taken over only when its heartbeat has been away for half a minute', async (_, other, self) => {
    const folder = lockedBy(other)
    const clock = new VirtualClock(START_MS)
    let taken: FolderLock | null = null
    const pending = Promise.resolve(lockFolder(folder, START_MS, { clock, processes: system(self, { 7: '' }) })).then((lock) => {
      taken = lock
    })
    await clock.advance(BEAT_MS * LOOKS - 1)
    expect(taken).toBeNull()
    expect(owner(folder).token).toBe('theirs')
    await clock.advance(1)
    await pending
    expect(owner(folder)).toMatchObject({ pid: 100 })
    ;(taken as FolderLock | null)?.release()
    expect(clock.pending).toBe(0)
  })

  it('keeps us out as soon as its heartbeat is seen, however late it is', async () => {
    const folder = lockedBy(ELSEWHERE)
    const clock = new VirtualClock(START_MS)
    const outcome = fails('STORAGE_LOCKED', () => lockFolder(folder, START_MS, { clock, processes: system() }))
    await clock.advance(BEAT_MS * (LOOKS - 1))
    new LockFile(folder).touch(START_MS + 12_345)
    await clock.advance(BEAT_MS)
    expect((await outcome).message).toContain('pid 7 on host there since')
    expect(owner(folder).token).toBe('theirs')
    expect(clock.pending).toBe(0)
  })

  it('is taken at once when its owner lets it go', async () => {
    const folder = lockedBy(ELSEWHERE)
    const clock = new VirtualClock(START_MS)
    const pending = lockFolder(folder, START_MS, { clock, processes: system() })
    await clock.advance(BEAT_MS)
    fs.rmSync(join(folder, 'LOCK'))
    await clock.advance(BEAT_MS)
    const lock = await pending
    expect(owner(folder)).toMatchObject({ pid: 100 })
    lock.release()
  })

  it('goes to one of two that watch it, and the other is told', async () => {
    const folder = lockedBy(ELSEWHERE)
    const clock = new VirtualClock(START_MS)
    const watch = (): Promise<FolderLock> => Promise.resolve(lockFolder(folder, START_MS, { clock, processes: system() }))
    const outcomes = Promise.allSettled([watch(), watch()])
    await clock.advance(BEAT_MS * (LOOKS + 1))
    const [first, second] = await outcomes
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected'])
    for (const outcome of [first, second]) if (outcome.status === 'fulfilled') outcome.value.release()
    expect(fs.readdirSync(folder)).toEqual([])
  })
})

describe('An owner', () => {
  it('shows every two seconds that it lives, until it lets go', async () => {
    const folder = newFolder()
    const clock = new VirtualClock(START_MS)
    const lock = take(folder, system(), clock) as FolderLock
    await clock.advance(60_000)
    expect(fs.statSync(join(folder, 'LOCK')).mtimeMs).toBe(START_MS + 60_000)
    lock.release()
    expect(clock.pending).toBe(0)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it.each([
    ['another token', (path: string) => fs.writeFileSync(path, JSON.stringify({ ...US, since: '', token: 'theirs' }))],
    ['no lock any more', (path: string) => fs.rmSync(path)],
  ])('that finds %s is told so by the next beat, and leaves the lock as it is', async (_, change) => {
    const folder = newFolder()
    const clock = new VirtualClock(START_MS)
    const lost: KafkaliteError[] = []
    const lock = lockFolder(folder, START_MS, { clock, processes: system(), onLost: (error) => lost.push(error) }) as FolderLock
    change(join(folder, 'LOCK'))
    const before = fs.readdirSync(folder)
    lock.checkIfLate()
    await clock.advance(BEAT_MS)
    expect(lost.map(({ code }) => code)).toEqual(['STORAGE_FENCED'])
    await fails('STORAGE_FENCED', () => lock.checkIfLate())
    await fails('STORAGE_FENCED', () => lock.check())
    lock.release()
    expect(fs.readdirSync(folder)).toEqual(before)
    expect(clock.pending).toBe(0)
  })

  it('that stood still looks before its next append whether the folder is still its own', async () => {
    const folder = newFolder()
    let now = START_MS
    const clock = { now: () => now, setTimer: () => ({ cancel: () => {} }) }
    const lock = lockFolder(folder, START_MS, { clock, processes: system() }) as FolderLock
    fs.writeFileSync(join(folder, 'LOCK'), JSON.stringify({ ...US, since: '', token: 'theirs' }))
    now += 60_000
    await fails('STORAGE_FENCED', () => lock.checkIfLate())
    lock.release()
    expect(owner(folder).token).toBe('theirs')
  })
})

describe('A storage whose folder was taken', () => {
  it('fails every write with STORAGE_FENCED, reads on, and leaves every file as the new owner has it', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    await log.append([batchAt(0)])
    await storage.sync()
    fs.writeFileSync(join(folder, 'LOCK'), JSON.stringify({ ...US, since: '', token: 'theirs' }))
    const files = (): unknown => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
    const before = files()
    await fails('STORAGE_FENCED', () => log.roll())
    await fails('STORAGE_FENCED', () => log.append([batchAt(1)]))
    await fails('STORAGE_FENCED', () => log.truncateBefore(1))
    await fails('STORAGE_FENCED', () => storage.sync())
    expect(await log.read(0, 1000)).toHaveLength(1)
    await storage.close()
    expect(files()).toEqual(before)
    expect(owner(folder).token).toBe('theirs')
  })

  it('notices when it is closed, and does not call its stop a clean one', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    await log.append([batchAt(0)])
    fs.writeFileSync(join(folder, 'LOCK'), JSON.stringify({ ...US, since: '', token: 'theirs' }))
    await storage.close()
    expect(fs.readdirSync(folder)).not.toContain('.kafka_cleanshutdown')
    expect(owner(folder).token).toBe('theirs')
  })
})

describe('The container of a process', () => {
  const id = 'ab'.repeat(32)

  it('is told by the files that Docker mounts into it', () => {
    expect(containerOf(`1 2 0:3 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`)).toBe(id)
    expect(containerOf('1 2 0:3 / / rw - ext4 /dev/sda1 rw')).toBe('')
  })

  it('is not told by those files in a pod, whose containers share them', () => {
    const pod = '1 2 0:3 /var/lib/kubelet/pods/7/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw'
    expect(containerOf(`${pod}\n1 2 0:3 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`)).toBe('')
  })
})
