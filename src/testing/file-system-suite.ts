// The published suite of the file system port: what `FileStorage` relies on, so that a disk in memory and a real one behave alike. It
// takes the words of the test framework as arguments and needs only node:assert.

import assert from 'node:assert/strict'
import { KafkaliteError } from '../errors.js'
import type { FileSystem, FolderLock } from '../storage/file/file-system.js'
import type { TestFunctions } from './storage-suite.js'

/** A file system with a folder of its own for one test. */
export interface OpenedFileSystem {
  /** What is tested. */
  readonly fileSystem: FileSystem
  /** A folder that is there and empty. */
  readonly folder: string
  /** Clears the folder away. */
  dispose(): Promise<void> | void
}

/** What `fileSystemSuite` is told. */
export interface FileSystemSuite {
  /** For the headings. */
  readonly name: string
  /** The words of the test framework. */
  readonly test: TestFunctions
  /** Gives each test a folder of its own. */
  open(): Promise<OpenedFileSystem>
}

type Run = (fileSystem: FileSystem, folder: string) => Promise<void>

const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values)

function readAll(fileSystem: FileSystem, path: string): number[] {
  const file = fileSystem.open(path, 'open')
  const bytes = new Uint8Array(file.size())
  assert.equal(file.read(bytes, 0, bytes.length, 0), bytes.length)
  file.close()
  return [...bytes]
}

function write(fileSystem: FileSystem, path: string, ...values: number[]): void {
  const file = fileSystem.open(path, 'create')
  file.write(bytesOf(...values), 0, values.length, 0)
  file.close()
}

const codeOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return null
}

/** Defines the tests of the file system port. */
export function fileSystemSuite(suite: FileSystemSuite): void {
  const define = (tests: Readonly<Record<string, Run>>): void => {
    for (const [name, run] of Object.entries(tests)) {
      suite.test.it(name, async () => {
        const { fileSystem, folder, dispose } = await suite.open()
        try {
          await run(fileSystem, folder)
        } finally {
          await dispose()
        }
      })
    }
  }
  suite.test.describe(`${suite.name} keeps the contract of the file system`, () => {
    define(FILES)
    define(NAMES)
  })
}

const FILES: Readonly<Record<string, Run>> = {
  'what was written is read, at its position and from it': async (fileSystem, folder) => {
    const file = fileSystem.open(`${folder}/a`, 'create')
    file.write(bytesOf(9, 1, 2, 3, 9), 1, 4, 0)
    file.write(bytesOf(7, 8), 0, 2, 2)
    const into = new Uint8Array(6)
    assert.deepEqual([file.size(), file.read(into, 1, 6, 1)], [4, 3])
    assert.deepEqual([...into], [0, 2, 7, 8, 0, 0])
    assert.equal(file.read(into, 0, 6, 4), 0)
    file.close()
  },
  'a write far behind the end leaves zeros between': async (fileSystem, folder) => {
    const file = fileSystem.open(`${folder}/a`, 'create')
    file.write(bytesOf(5), 0, 1, 10_000)
    const into = new Uint8Array(10_001).fill(1)
    assert.equal(file.read(into, 0, 10_001, 0), 10_001)
    assert.deepEqual([into.findIndex((byte) => byte !== 0), into[10_000]], [10_000, 5])
    file.close()
  },
  'a file is cut and made longer with zeros': async (fileSystem, folder) => {
    const file = fileSystem.open(`${folder}/a`, 'create')
    file.write(bytesOf(1, 2, 3, 4), 0, 4, 0)
    file.truncate(2)
    file.truncate(5)
    file.close()
    assert.deepEqual(readAll(fileSystem, `${folder}/a`), [1, 2, 0, 0, 0])
  },
  'opening to create keeps what is there, and opening what is not there fails': async (fileSystem, folder) => {
    write(fileSystem, `${folder}/a`, 1, 2)
    fileSystem.open(`${folder}/a`, 'create').close()
    assert.deepEqual(readAll(fileSystem, `${folder}/a`), [1, 2])
    assert.equal(
      codeOf(() => fileSystem.open(`${folder}/b`, 'open')),
      'ENOENT',
    )
    assert.equal(
      codeOf(() => fileSystem.open(`${folder}/none/b`, 'create')),
      'ENOENT',
    )
  },
  'an open file is read and synced after it was renamed and after it was removed': async (fileSystem, folder) => {
    const file = fileSystem.open(`${folder}/a`, 'create')
    file.write(bytesOf(1), 0, 1, 0)
    fileSystem.rename(`${folder}/a`, `${folder}/b`)
    file.write(bytesOf(2), 0, 1, 1)
    assert.deepEqual(readAll(fileSystem, `${folder}/b`), [1, 2])
    fileSystem.remove(`${folder}/b`)
    await file.sync()
    assert.equal(file.read(new Uint8Array(2), 0, 2, 0), 2)
    file.close()
    assert.equal(fileSystem.sizeOf(`${folder}/b`), -1)
  },
  'syncs of one file may overlap': async (fileSystem, folder) => {
    const file = fileSystem.open(`${folder}/a`, 'create')
    file.write(bytesOf(1), 0, 1, 0)
    const first = file.sync()
    file.write(bytesOf(2), 0, 1, 1)
    await Promise.all([first, file.sync(), file.sync()])
    file.close()
    await fileSystem.syncFolder(folder)
    assert.deepEqual(readAll(fileSystem, `${folder}/a`), [1, 2])
  },
}

const NAMES: Readonly<Record<string, Run>> = {
  'folders are made with those above them, once': async (fileSystem, folder) => {
    assert.deepEqual(
      [fileSystem.makeFolder(`${folder}/a/b`), fileSystem.makeFolder(`${folder}/a/b`), fileSystem.makeFolder(`${folder}/a`)],
      [true, false, false],
    )
    write(fileSystem, `${folder}/a/file`, 1)
    assert.deepEqual([...fileSystem.list(`${folder}/a`)].sort(), ['b', 'file'])
    assert.deepEqual(fileSystem.list(`${folder}/none`), [])
  },
  'sizes of files, folders and what is not there': async (fileSystem, folder) => {
    write(fileSystem, `${folder}/a`, 1, 2, 3)
    assert.deepEqual([fileSystem.sizeOf(`${folder}/a`), fileSystem.sizeOf(folder), fileSystem.sizeOf(`${folder}/none`)], [3, 0, -1])
    assert.deepEqual([...(fileSystem.readWhole(`${folder}/a`) ?? [])], [1, 2, 3])
    assert.equal(fileSystem.readWhole(`${folder}/none`), null)
  },
  'a file is replaced as a whole, and nothing else is left': async (fileSystem, folder) => {
    write(fileSystem, `${folder}/a`, 1, 2, 3)
    await fileSystem.replace(`${folder}/a`, bytesOf(4))
    await fileSystem.replace(`${folder}/b`, bytesOf())
    assert.deepEqual(readAll(fileSystem, `${folder}/a`), [4])
    assert.deepEqual([...fileSystem.list(folder)].sort(), ['a', 'b'])
  },
  'a rename takes the place of what was there; what is not there cannot be renamed': async (fileSystem, folder) => {
    write(fileSystem, `${folder}/a`, 1)
    write(fileSystem, `${folder}/b`, 2)
    fileSystem.rename(`${folder}/a`, `${folder}/b`)
    assert.deepEqual(fileSystem.list(folder), ['b'])
    assert.deepEqual(readAll(fileSystem, `${folder}/b`), [1])
    assert.equal(
      codeOf(() => fileSystem.rename(`${folder}/a`, `${folder}/c`)),
      'ENOENT',
    )
  },
  'a folder is renamed with all that is in it, and removed with it': async (fileSystem, folder) => {
    fileSystem.makeFolder(`${folder}/a/b`)
    write(fileSystem, `${folder}/a/b/file`, 1)
    fileSystem.rename(`${folder}/a`, `${folder}/c`)
    assert.deepEqual(readAll(fileSystem, `${folder}/c/b/file`), [1])
    fileSystem.removeFolder(`${folder}/c`)
    fileSystem.removeFolder(`${folder}/none`)
    fileSystem.remove(`${folder}/none`)
    assert.deepEqual(fileSystem.list(folder), [])
  },
  'a folder is locked once until it is let go': async (fileSystem, folder) => {
    const take = async (): Promise<FolderLock> => fileSystem.lock(folder, 0, () => undefined)
    const lock = await take()
    lock.check()
    lock.checkIfLate()
    await assert.rejects(take(), (error) => KafkaliteError.is(error, 'STORAGE_LOCKED'))
    lock.release()
    lock.release()
    ;(await take()).release()
    assert.ok(fileSystem.freeBytes(folder) > 0)
    assert.ok((fileSystem.totalBytes?.(folder) ?? Infinity) >= fileSystem.freeBytes(folder))
  },
  'memory for reading is as long as was asked': async (fileSystem) => {
    assert.equal(fileSystem.allocate(4097).length, 4097)
  },
}
