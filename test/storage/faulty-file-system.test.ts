// The faulty file system itself: what a power cut may take and what not, what a process that dies leaves, and how calls fail.

import { describe, expect, it } from 'vitest'
import { FaultyFileSystem, ProcessCrashed } from '../../src/testing/faulty-file-system.js'
import { seededRandom } from '../../src/testing/seeded-random.js'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const textOf = (disk: FaultyFileSystem, path: string): string | null => {
  const file = disk.readWhole(path)
  return file === null ? null : String.fromCharCode(...file)
}

/** A disk with a folder and a file of `size` a's, all of it durable. */
async function diskWith(size: number, seed = 1): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem({ seed })
  disk.makeFolder('/d')
  await disk.syncFolder('/')
  append(disk, 'a'.repeat(size))
  const file = disk.open('/d/f', 'open')
  await file.sync()
  file.close()
  await disk.syncFolder('/d')
  return disk
}

function append(disk: FaultyFileSystem, text: string, path = '/d/f'): void {
  const file = disk.open(path, 'create')
  file.write(bytes(text), 0, text.length, file.size())
  file.close()
}

/** All that many power cuts at the same moment leave of the file. */
function outcomes(disk: FaultyFileSystem, path = '/d/f'): Set<string | null> {
  const found = new Set<string | null>()
  for (let n = 0; n < 400; n++) found.add(textOf(disk.crash('power'), path))
  return found
}

describe('a power cut', () => {
  it('takes nothing that was synced, and leaves anything between nothing and all of the rest', async () => {
    const disk = await diskWith(3)
    append(disk, 'b')
    append(disk, 'c')
    const left = outcomes(disk)
    for (const text of ['aaa', 'aaab', 'aaabc', 'aaa\0', 'aaa\0\0']) expect(left).toContain(text)
    for (const text of left) expect(text?.slice(0, 3)).toBe('aaa')
  })

  it('may keep later pages and not earlier ones, and tear a write between sectors', async () => {
    const disk = await diskWith(4096)
    append(disk, 'b'.repeat(8192))
    const left = [...outcomes(disk)].map((text) => (text ?? '').slice(4096))
    expect(left.some((text) => /^\0{512,}b/.test(text))).toBe(true)
    expect(left.some((text) => text.length % 512 === 0 && /^b+$/.test(text) && text.length < 8192)).toBe(true)
    expect(left.some((text) => text.length === 8192 && /^\0+$/.test(text))).toBe(true)
  })

  it('keeps the order of a truncation: what was cut off does not come back', async () => {
    const disk = await diskWith(1000)
    const file = disk.open('/d/f', 'open')
    file.truncate(10)
    await file.sync()
    file.write(bytes('z'), 0, 1, 900)
    file.close()
    for (const text of outcomes(disk)) expect(text?.slice(0, 900)).toMatch(/^a{10}(?!a)/)
  })

  it('may lose a new file, a rename and a removal whose folder was not synced, and none after that', async () => {
    const first = await diskWith(1)
    append(first, 'n', '/d/new')
    first.rename('/d/f', '/d/g')
    expect(outcomes(first, '/d/new')).toContain(null)
    expect(outcomes(first, '/d/f')).toEqual(new Set(['a', null]))
    const second = first.crash('process')
    await second.syncFolder('/d')
    expect(outcomes(second, '/d/f')).toEqual(new Set([null]))
    expect(outcomes(second, '/d/g')).toEqual(new Set(['a']))
    expect(outcomes(second, '/d/new')).not.toContain(null)
    const third = second.crash('process')
    third.remove('/d/g')
    expect(outcomes(third, '/d/g')).toEqual(new Set(['a', null]))
  })

  it('leaves the old or the new file of a replace under way, and the new one when it settled', async () => {
    for (let calls = 0; calls < 8; calls++) {
      const disk = await diskWith(1, calls)
      disk.crashAfter(calls)
      const settled = await disk.replace('/d/f', bytes('new')).then(
        () => true,
        () => false,
      )
      const left = outcomes(disk)
      expect(settled ? ['new'] : ['a', 'new']).toEqual(expect.arrayContaining([...left]))
    }
  })

  it('has the same outcome for the same seed', async () => {
    const run = async (): Promise<(string | null)[]> => {
      const disk = await diskWith(3, 77)
      append(disk, 'b'.repeat(2000))
      return [...outcomes(disk)]
    }
    expect(await run()).toEqual(await run())
  })
})

describe('a process that dies', () => {
  it('leaves everything that was written, and what is unsynced stays so for the next power cut', async () => {
    const disk = await diskWith(2)
    append(disk, 'b')
    const next = disk.crash('process')
    expect(textOf(next, '/d/f')).toBe('aab')
    expect(outcomes(next)).toContain('aa')
  })

  it('dies at the call that was named, in the middle of a write, and takes no call afterwards', async () => {
    const disk = await diskWith(0)
    const file = disk.open('/d/f', 'open')
    disk.partBytes = 2
    disk.crashAfter(1)
    file.write(bytes('xx'), 0, 2, 0)
    expect(() => file.write(bytes('yyy'), 0, 3, 2)).toThrow(ProcessCrashed)
    expect(disk.crashed).toBe(true)
    expect(() => disk.list('/d')).toThrow(ProcessCrashed)
    await expect(file.sync()).rejects.toThrow(ProcessCrashed)
    expect(textOf(disk.crash('process'), '/d/f')).toBe('xxyy')
  })

  it('lets its lock go', () => {
    const disk = new FaultyFileSystem()
    disk.makeFolder('/d')
    disk.lock('/d', 0, () => undefined)
    expect(() => disk.lock('/d', 0, () => undefined)).toThrow('belongs to another')
    expect(() => disk.crash('process').lock('/d', 0, () => undefined)).not.toThrow()
  })
})

describe('a call', () => {
  it('that syncs and fails leaves the bytes in the page cache, and no later sync saves them', async () => {
    const disk = await diskWith(1)
    append(disk, 'b')
    const file = disk.open('/d/f', 'open')
    disk.failNext('sync', 'EIO')
    await expect(file.sync()).rejects.toThrow('EIO')
    await file.sync()
    expect(textOf(disk, '/d/f')).toBe('ab')
    expect(outcomes(disk)).toEqual(new Set(['a']))
  })

  it('that writes puts down what fits on a full disk', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 8192 })
    disk.makeFolder('/d')
    expect(() => append(disk, 'x'.repeat(10_000))).toThrow('ENOSPC')
    expect([disk.sizeOf('/d/f'), disk.usedBytes, disk.freeBytes('/d')]).toEqual([8192, 8192, 0])
    disk.remove('/d/f')
    expect(disk.freeBytes('/d')).toBe(8192)
  })

  it('that opens one file too many is refused', async () => {
    const disk = new FaultyFileSystem({ maxOpenFiles: 1 })
    const file = disk.open('/f', 'create')
    expect(() => disk.open('/g', 'create')).toThrow('EMFILE')
    file.close()
    disk.open('/g', 'create').close()
    expect(disk.openFiles).toBe(0)
  })

  it('fails as often as chance says', () => {
    const disk = new FaultyFileSystem({ seed: 5, faults: { write: 0.5, open: 0.1 } })
    let failed = 0
    for (let n = 0; n < 1000; n++) {
      try {
        append(disk, 'x', '/f')
      } catch {
        failed++
      }
    }
    expect(failed).toBeGreaterThan(450)
    expect(failed).toBeLessThan(650)
  })

  it('that syncs slowly saves what was written before it, when it is let go', async () => {
    const disk = new FaultyFileSystem({ random: seededRandom(3), faults: { slowSync: 1 } })
    append(disk, 'a', '/f')
    const file = disk.open('/f', 'open')
    const [first, second] = [file.sync(), file.sync()]
    append(disk, 'b', '/f')
    expect(disk.slowSyncs).toBe(2)
    disk.settleSyncs()
    await Promise.all([first, second])
    const folder = disk.syncFolder('/')
    disk.settleSyncs()
    await folder
    const left = outcomes(disk, '/f')
    expect(left).toEqual(new Set(['a', 'ab', 'a\0']))
  })
})
