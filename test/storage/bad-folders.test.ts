// Folders that FileStorage must not touch, and paths that it must not misunderstand: each is refused with a clear error that names the
// path, and nothing on disk has changed.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import type { OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { CONFIG, batchAt, fails, readAll } from '../../src/testing/storage-suite/fixture.js'
import type { ErrorCode } from '../../src/errors.js'
import { newFolder, openLog, openStorage, segmentPath } from './data-folder.js'

/** Everything in a folder: names, sizes, times of change. */
function picture(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path} ${fs.statSync(path).size} ${fs.statSync(path).mtimeMs}`)
}

async function refused(folder: string, code: ErrorCode, ...words: string[]): Promise<void> {
  const before = picture(folder)
  const error = await fails(code, () => openStorage(folder))
  for (const word of [folder, ...words]) expect(error.message).toContain(word)
  expect(picture(folder)).toEqual(before)
}

/** A file system that refuses to write, as a disk without permission or one that is read-only does. */
class Refusing extends NodeFileSystem {
  constructor(private readonly code: string) {
    super()
  }
  override makeFolder(path: string): boolean {
    if (fs.existsSync(path)) return false
    throw this.error(path)
  }
  override open(path: string): OpenFile {
    throw this.error(path)
  }
  override async replace(path: string): Promise<void> {
    throw this.error(path)
  }
  override lock(folder: string): never {
    throw this.error(`${folder}/LOCK`)
  }
  private error(path: string): Error {
    return Object.assign(new Error(`${this.code}: not allowed, open '${path}'`), { code: this.code })
  }
}

/** A disk that takes upper and lower case for the same. */
class CaseInsensitive extends NodeFileSystem {
  override makeFolder(path: string): boolean {
    const twin = this.list(join(path, '..')).find((name) => path.toLowerCase().endsWith(`/${name.toLowerCase()}`))
    return super.makeFolder(twin === undefined ? path : join(path, '..', twin))
  }
}

describe('FileStorage refuses', () => {
  it('a folder of something else', async () => {
    const folder = newFolder()
    fs.writeFileSync(join(folder, 'package.json'), '{}')
    await refused(folder, 'INVALID_ARGUMENT', 'package.json')
  })

  it('a folder in which something else is named like a log', async () => {
    const folder = newFolder()
    fs.mkdirSync(join(folder, 'holiday-2024'))
    fs.writeFileSync(join(folder, 'holiday-2024', 'beach.jpg'), 'x')
    await refused(folder, 'INVALID_ARGUMENT', 'holiday-2024')
  })

  it('a folder that cannot be made, at once', async () => {
    const file = join(newFolder(), 'file')
    fs.writeFileSync(file, 'x')
    // What has no /proc is refused for the file in the way.
    for (const folder of [join(file, 'data'), fs.existsSync('/proc') ? '/proc/kafkalite/data' : join(file, 'a', 'b')]) {
      const error = await fails('STORAGE_FAILED', () => openStorage(folder))
      expect(error.message).toContain(folder)
      expect(fs.existsSync(folder)).toBe(false)
    }
  })

  it('a folder of a newer format, and one whose format cannot be read', async () => {
    const folder = newFolder()
    const { storage } = await openLog(folder)
    await storage.close()
    fs.writeFileSync(join(folder, 'kafkalite.json'), '{"formatVersion":2}')
    await refused(folder, 'UNSUPPORTED_VERSION', 'version 2')
    for (const text of ['', '{', '[]', '{"formatVersion":"1"}', '{"formatVersion":0}']) {
      fs.writeFileSync(join(folder, 'kafkalite.json'), text)
      await refused(folder, 'CORRUPT_MESSAGE', 'kafkalite.json')
    }
  })

  it('a path that is a file, or leads through one', async () => {
    const folder = newFolder()
    const file = join(folder, 'file')
    fs.writeFileSync(file, 'x')
    for (const path of [file, join(file, 'deeper')]) {
      const error = await fails('STORAGE_FAILED', () => openStorage(path))
      expect(error.message).toContain(path)
    }
    expect(fs.readFileSync(file, 'utf8')).toBe('x')
  })

  it('a name that is too long for the disk', async () => {
    const folder = join(newFolder(), 'x'.repeat(300))
    const error = await fails('STORAGE_FAILED', () => openStorage(folder))
    expect(error.message).toContain(folder)
    expect(error.message).toContain('ENAMETOOLONG')
  })

  for (const code of ['EACCES', 'EROFS']) {
    it(`a place that may not be written (${code})`, async () => {
      const [there, missing] = [newFolder(), join(newFolder(), 'missing')]
      for (const folder of [there, missing]) {
        const error = await fails('STORAGE_FAILED', () => openStorage(folder, { fileSystem: new Refusing(code) }))
        expect(error.message).toContain(folder)
        expect(error.message).toContain(code)
      }
      expect(picture(there)).toEqual([])
      expect(fs.existsSync(missing)).toBe(false)
    })
  }

  it('a log whose name differs from another only in case, where the disk takes them for the same', async () => {
    const folder = newFolder()
    const { storage } = await openLog(folder, {}, { fileSystem: new CaseInsensitive() })
    const error = await fails('INVALID_TOPIC_EXCEPTION', () => storage.log('Orders-0', CONFIG))
    expect(error.message).toContain('Orders-0')
    expect(fs.readdirSync(folder)).not.toContain('Orders-0')
  })
})

describe('FileStorage takes', () => {
  it("a path of 300 characters, an empty folder, and Kafka's own data folder", async () => {
    let folder = newFolder()
    while (folder.length < 300) folder = join(folder, 'a-part-of-a-long-path')
    const { log, storage } = await openLog(folder)
    await log.append([batchAt(0)])
    await storage.close()
    fs.rmSync(join(folder, 'kafkalite.json'))
    fs.writeFileSync(join(folder, 'meta.properties'), 'version=1\n')
    fs.writeFileSync(join(folder, 'orders-0', 'partition.metadata'), 'version: 0\n')
    const { log: again } = await openLog(folder)
    expect(again.endOffset).toBe(1)
    expect(JSON.parse(fs.readFileSync(join(folder, 'kafkalite.json'), 'utf8'))).toEqual({ formatVersion: 1 })
  })

  it('a relative path for what it meant when the storage was made', async () => {
    const [base, elsewhere, before] = [fs.realpathSync(newFolder()), newFolder(), process.cwd()]
    try {
      process.chdir(base)
      const storage = new FileStorage('data')
      process.chdir(elsewhere)
      expect(storage.folder).toBe(join(base, 'data'))
    } finally {
      process.chdir(before)
    }
  })

  it('an index of another segment for none', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, { segmentBytes: 20_000 })
    for (let offset = 0; offset < 200; offset++) await log.append([batchAt(offset, 1, 10_000 + offset * 3, 100 + (offset % 90))])
    const bases = log.segments().map(({ baseOffset }) => baseOffset)
    expect(bases.length).toBeGreaterThan(2)
    await storage.close()
    const [first, second] = bases as [number, number]
    for (const ending of ['index', 'timeindex']) fs.copyFileSync(segmentPath(folder, first, ending), segmentPath(folder, second, ending))
    const { log: again } = await openLog(folder)
    for (let offset = 0; offset < 200; offset++) {
      expect((await again.read(offset, 1))[0]?.baseOffset).toBe(offset)
      expect((await again.findByTimestamp(10_000 + offset * 3 - 1))?.baseOffset).toBe(offset)
    }
    expect((await readAll(again)).length).toBe(200)
    expect(again.maxTimestamp).toBe(10_000 + 199 * 3)
  })
})
