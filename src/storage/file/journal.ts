// The files of the journal: one is written, older ones wait until the segments have what they hold. A file is made at its full size
// at once, since a sync that need not record a new size is a third cheaper; a full one is left for a new one under a new
// name, because writing over old blocks is slower than either.

import type { FileSystem, OpenFile } from './file-system.js'
import { FILE_HEADER_BYTES, JournalWriter, RECORD_HEADER_BYTES, aligned, encodeFileHeader, voidHeader } from './journal-record.js'

const JOURNAL_NAME = /^(\d{20})\.journal$/
/** The writer keeps no more than this between two rounds. */
const WRITER_BYTES = 262_144
const WRITER_BYTES_MAX = 1_048_576

/** The number of the journal file of that name, -1 when it is none. */
export function journalNumber(name: string): number {
  const match = JOURNAL_NAME.exec(name)
  return match === null ? -1 : Number(match[1])
}

export function journalPath(folder: string, number: number): string {
  return `${folder}/${String(number).padStart(20, '0')}.journal`
}

/** One file. `L` is what the journal is told to remember about it: the logs whose batches are in it. */
export interface JournalFile<L> {
  readonly path: string
  readonly file: OpenFile
  readonly sizeBytes: number
  /** Where the next record begins. */
  position: number
  /** Up to where it is durable. */
  synced: number
  readonly logs: Set<L>
}

export class Journal<L> {
  current: JournalFile<L> | null = null
  private nextRecord = 0
  private readonly allocate: (bytes: number) => Uint8Array
  private scratch: JournalWriter | null = null

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
    private readonly fileBytes: number,
    private nextFile = 1,
  ) {
    this.allocate = (bytes) => fileSystem.allocate(bytes)
  }

  /**
   * Goes on behind the file that a crash left, 0 for none: numbers are never used again. Its last record may have been written and not
   * synced, and a commit must not reach one of its logs before the disk has all of it.
   */
  async beginBehind(last: number): Promise<void> {
    this.nextFile = last + 1
    if (last === 0) return
    const file = this.fileSystem.open(journalPath(this.folder, last), 'open')
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  /** Whether records of that many bytes in all fit into the file that is written. */
  hasRoom(bytes: number): boolean {
    return this.current !== null && this.current.position + bytes <= this.current.sizeBytes
  }

  /** Makes a new file with room for at least `bytes`; it is there after a power cut when this settles. */
  async create(bytes: number): Promise<void> {
    const path = journalPath(this.folder, this.nextFile)
    const sizeBytes = Math.max(this.fileBytes, aligned(FILE_HEADER_BYTES + bytes))
    const file = this.fileSystem.open(path, 'create')
    try {
      file.truncate(sizeBytes)
      file.write(encodeFileHeader(this.nextFile, this.nextRecord), 0, FILE_HEADER_BYTES, 0)
      await file.sync()
      await this.fileSystem.syncFolder(this.folder)
    } catch (error) {
      file.close()
      this.fileSystem.remove(path)
      throw error
    }
    this.nextFile++
    this.current = { path, file, sizeBytes, position: FILE_HEADER_BYTES, synced: FILE_HEADER_BYTES, logs: new Set() }
  }

  /** An empty writer for the records of one round. */
  writer(): JournalWriter {
    if (this.scratch === null || this.scratch.bytes.length > WRITER_BYTES_MAX) this.scratch = new JournalWriter(this.allocate, WRITER_BYTES)
    this.scratch.used = 0
    return this.scratch
  }

  /** Ends the record that the writer has begun. Returns where it lies in the current file. */
  endRecord(writer: JournalWriter): number {
    const { position, synced } = this.current as JournalFile<L>
    return position + writer.end(position, this.nextRecord++, synced)
  }

  /** Writes what the writer holds. When it throws, nothing of it counts. */
  write(writer: JournalWriter): void {
    const current = this.current as JournalFile<L>
    current.file.write(writer.bytes, 0, writer.used, current.position)
    current.position += writer.used
  }

  /** Takes back records that were ended and could not be written. */
  takeBack(records: number): void {
    this.nextRecord -= records
  }

  async sync(): Promise<void> {
    const current = this.current as JournalFile<L>
    const { position } = current
    await current.file.sync()
    current.synced = position
  }

  /** Makes a record that was written void: it will not be replayed. Needs no room, and is durable with the next sync. */
  void(position: number): void {
    const { file } = this.current as JournalFile<L>
    const header = new Uint8Array(RECORD_HEADER_BYTES)
    file.read(header, 0, RECORD_HEADER_BYTES, position)
    file.write(voidHeader(header), 0, RECORD_HEADER_BYTES, position)
  }

  /** Takes the file away from writing; whoever gets it removes it when its logs are synced. */
  retire(): JournalFile<L> | null {
    const { current } = this
    this.current = null
    current?.file.close()
    return current
  }

  /** Durably, so that it does not come back when its logs have moved on. */
  remove(file: JournalFile<L>): Promise<void> {
    this.fileSystem.remove(file.path)
    return this.fileSystem.syncFolder(this.folder)
  }
}
