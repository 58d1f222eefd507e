// A storage of one's own, over anything that keeps bytes under keys: S3, Redis, IndexedDB, a table in SQLite; here a Map. Every batch is
// one entry, `<log>/<base offset>`, and each log keeps a list of what it has in memory. The suite of `kafkalite/testing` passes on it.

import { KafkaliteError, type PackedBatch, checkBatch } from 'kafkalite'
import type { LogAppend, LogConfig, LogStore, SegmentInfo, Storage } from 'kafkalite'

/** What is asked of the place: nothing but this, so that it is easy to find one. */
export interface KeyValue {
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, bytes: Uint8Array): Promise<unknown>
  delete(key: string): Promise<unknown>
  keys(): Promise<readonly string[]>
}

interface Entry {
  readonly key: string
  readonly baseOffset: number
  readonly lastOffset: number
  readonly sizeBytes: number
  readonly maxTimestamp: number
}

const entryOf = (key: string, { baseOffset, lastOffset, sizeBytes, maxTimestamp }: PackedBatch): Entry => ({
  key,
  baseOffset,
  lastOffset,
  sizeBytes,
  maxTimestamp,
})

export class KeyValueStorage implements Storage {
  readonly supports = { persistent: true, durable: false, atomicCommit: false } as const
  private readonly logs = new Map<string, KeyValueLog>()
  private isOpen = false

  constructor(private readonly place: KeyValue) {}

  open(): void {
    this.isOpen = true
  }
  async list(): Promise<readonly string[]> {
    this.requireOpen()
    return [...new Set((await this.place.keys()).map((key) => key.slice(0, key.indexOf('/'))))]
  }
  async log(name: string, _config: LogConfig): Promise<LogStore> {
    this.requireOpen()
    if (this.logs.get(name)?.isOpen) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open already`)
    const log = new KeyValueLog(name, this.place)
    this.logs.set(name, log)
    await log.load()
    return log
  }
  async remove(name: string): Promise<void> {
    this.requireOpen()
    for (const key of await this.place.keys()) if (key.startsWith(`${name}/`)) await this.place.delete(key)
  }
  async commit(appends: readonly LogAppend[]): Promise<void> {
    this.requireOpen()
    const logs = appends.map(({ log, batches }) => ({ log: log as KeyValueLog, batches }))
    for (const { log } of logs) log.requireOpen()
    // All bytes first: what is not in a log's list yet cannot be read, so all logs show their part at the same moment.
    const written = await Promise.all(logs.map(async ({ log, batches }) => ({ log, entries: await log.write(batches) })))
    for (const { log, entries } of written) log.show(entries)
  }
  sync(): void {
    this.requireOpen()
  }
  close(): void {
    for (const log of this.logs.values()) log.close()
    this.isOpen = false
  }
  private requireOpen(): void {
    if (!this.isOpen) throw new KafkaliteError('CLOSED', 'The storage is not open')
  }
}

class KeyValueLog implements LogStore {
  startOffset = 0
  endOffset = 0
  isOpen = true
  private entries: Entry[] = []

  constructor(
    readonly name: string,
    private readonly place: KeyValue,
  ) {}

  get sizeBytes(): number {
    return this.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0)
  }
  get maxTimestamp(): number {
    return this.entries.reduce((max, entry) => Math.max(max, entry.maxTimestamp), -1)
  }
  async load(): Promise<void> {
    // Twenty digits sort as text in the order of the offsets.
    const keys = (await this.place.keys()).filter((key) => /\/\d{20}$/.test(key) && key.startsWith(`${this.name}/`)).sort()
    for (const key of keys) this.entries.push(entryOf(key, await this.fetch(key)))
    const bounds = await this.place.get(`${this.name}/bounds`)
    const [start, end] = bounds ? (JSON.parse(new TextDecoder().decode(bounds)) as [number, number]) : [0, 0]
    this.startOffset = start
    this.endOffset = Math.max(end, (this.entries.at(-1)?.lastOffset ?? -1) + 1)
    await this.keepBounds()
  }
  async append(batches: readonly PackedBatch[]): Promise<void> {
    this.requireOpen()
    this.show(await this.write(batches))
  }
  async read(offset: number, maxBytes: number): Promise<readonly PackedBatch[]> {
    this.requireOpen()
    if (offset < this.startOffset || offset > this.endOffset)
      throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `${offset} is not in ${this.startOffset}..${this.endOffset}`)
    const from = this.entries.findIndex((entry) => entry.lastOffset >= offset)
    const found: Promise<PackedBatch>[] = []
    let left = maxBytes
    for (const { key, sizeBytes } of from < 0 ? [] : this.entries.slice(from)) {
      left -= sizeBytes
      if (left < 0 && found.length > 0) break
      found.push(this.fetch(key))
    }
    return Promise.all(found)
  }
  findByTimestamp(timestamp: number): Promise<PackedBatch | null> {
    return this.find((entry) => entry.maxTimestamp >= timestamp)
  }
  findMaxTimestamp(): Promise<PackedBatch | null> {
    return this.find((entry) => entry.maxTimestamp === this.maxTimestamp)
  }
  async truncateBefore(offset: number): Promise<void> {
    this.requireOpen()
    if (offset > this.endOffset) throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `The log ends at ${this.endOffset}`)
    this.startOffset = Math.max(this.startOffset, offset)
    await this.keepOnly((entry) => entry.lastOffset >= this.startOffset)
  }
  async truncateAfter(offset: number): Promise<void> {
    this.requireOpen()
    this.endOffset = Math.min(this.endOffset, offset)
    this.startOffset = Math.min(this.startOffset, this.endOffset)
    await this.keepOnly((entry) => entry.lastOffset < offset)
  }
  segments(): readonly SegmentInfo[] {
    const { startOffset, endOffset, sizeBytes, maxTimestamp } = this
    return [{ baseOffset: startOffset, endOffset, sizeBytes, maxTimestamp }]
  }
  roll(): void {
    this.requireOpen()
  }
  configure(): void {}
  close(): void {
    this.isOpen = false
  }

  requireOpen(): void {
    if (!this.isOpen) throw new KafkaliteError('CLOSED', `Log ${this.name} was closed`)
  }
  write(batches: readonly PackedBatch[]): Promise<Entry[]> {
    return Promise.all(
      batches.map(async (batch) => {
        const key = `${this.name}/${String(batch.baseOffset).padStart(20, '0')}`
        await this.place.set(key, batch.bytes.slice())
        return entryOf(key, batch)
      }),
    )
  }
  show(entries: readonly Entry[]): void {
    this.entries.push(...entries)
    this.endOffset = Math.max(this.endOffset, (entries.at(-1)?.lastOffset ?? -1) + 1)
  }
  private async fetch(key: string): Promise<PackedBatch> {
    const bytes = (await this.place.get(key)) ?? new Uint8Array(0)
    const checked = checkBatch(bytes, 0, bytes.length)
    if (checked.ok) return checked.batch
    throw new KafkaliteError('CORRUPT_MESSAGE', `${key}: ${checked.message}`)
  }
  private async find(fits: (entry: Entry) => boolean): Promise<PackedBatch | null> {
    this.requireOpen()
    const entry = this.entries.find(fits)
    return entry ? this.fetch(entry.key) : null
  }
  private async keepOnly(stays: (entry: Entry) => boolean): Promise<void> {
    const gone = this.entries.filter((entry) => !stays(entry))
    this.entries = this.entries.filter(stays)
    await this.keepBounds()
    for (const { key } of gone) await this.place.delete(key)
  }
  private keepBounds(): Promise<unknown> {
    return this.place.set(`${this.name}/bounds`, new TextEncoder().encode(JSON.stringify([this.startOffset, this.endOffset])))
  }
}
