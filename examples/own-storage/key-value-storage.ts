// A storage of one's own, over anything that keeps bytes under keys: S3, Redis, IndexedDB, a table in SQLite; here a Map. Every batch is
// one entry, `<log>/<base offset>`; what was written is also kept at hand, so that reading asks the place only when a log is opened.

import { checkBatch, KafkaliteError, type LogAppend, type LogStore, type PackedBatch, type SegmentInfo, type Storage } from 'kafkalite'

/** What is asked of the place: so little that a Map will do, and that it may answer later. */
export interface KeyValue {
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  set(key: string, bytes: Uint8Array): unknown
  delete(key: string): unknown
  keys(): Iterable<string> | Promise<Iterable<string>>
}

function requireOpen({ isOpen }: { readonly isOpen: boolean }): void {
  if (!isOpen) throw new KafkaliteError('CLOSED', 'The storage, or this log of it, was closed')
}

export class KeyValueStorage implements Storage {
  readonly supports = { persistent: true, durable: false, atomicCommit: false, compaction: false } as const
  private readonly logs = new Map<string, KeyValueLog>()
  isOpen = false
  constructor(private readonly place: KeyValue) {}
  open(): void {
    this.isOpen = true
  }
  async list(): Promise<readonly string[]> {
    requireOpen(this)
    return [...new Set([...(await this.place.keys())].map((key) => key.slice(0, key.indexOf('/'))))]
  }
  async log(name: string): Promise<LogStore> {
    requireOpen(this)
    if (this.logs.get(name)?.isOpen) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open already`)
    const log = new KeyValueLog(name, this.place)
    this.logs.set(name, log)
    return log.load()
  }
  async remove(name: string): Promise<void> {
    requireOpen(this)
    for (const key of [...(await this.place.keys())]) if (key.startsWith(`${name}/`)) await this.place.delete(key)
  }
  async commit(appends: readonly LogAppend[]): Promise<void> {
    requireOpen(this)
    // All bytes first: what is not at hand yet cannot be read, so all logs show their part at the same moment.
    for (const { log, batches } of appends) await (log as KeyValueLog).write(batches)
    for (const { log, batches } of appends) (log as KeyValueLog).show(batches)
  }
  sync(): void {
    requireOpen(this)
  }
  close(): void {
    for (const log of this.logs.values()) log.close()
    this.isOpen = false
  }
}

class KeyValueLog implements LogStore {
  startOffset = 0
  endOffset = 0
  isOpen = true
  private batches: PackedBatch[] = []
  constructor(
    readonly name: string,
    private readonly place: KeyValue,
  ) {}
  get sizeBytes(): number {
    return this.batches.reduce((sum, batch) => sum + batch.sizeBytes, 0)
  }
  get maxTimestamp(): number {
    return this.batches.reduce((max, batch) => Math.max(max, batch.maxTimestamp), -1)
  }
  async load(): Promise<this> {
    // Twenty digits sort as text in the order of the offsets.
    const keys = [...(await this.place.keys())].filter((key) => key.startsWith(`${this.name}/`) && /\/\d{20}$/.test(key)).sort()
    for (const key of keys) {
      const bytes = (await this.place.get(key)) ?? new Uint8Array()
      const checked = checkBatch(bytes, 0, bytes.length)
      if (!checked.ok) throw new KafkaliteError('CORRUPT_MESSAGE', `${key}: ${checked.message}`)
      this.show([checked.batch])
    }
    const bounds = await this.place.get(`${this.name}/bounds`)
    const [start, end] = bounds ? (JSON.parse(new TextDecoder().decode(bounds)) as [number, number]) : [0, 0]
    this.startOffset = start
    this.endOffset = Math.max(end, this.endOffset)
    await this.keepOnly((batch) => batch.lastOffset >= start)
    return this
  }
  async append(batches: readonly PackedBatch[]): Promise<void> {
    await this.write(batches)
    this.show(batches)
  }
  read(offset: number, maxBytes: number): readonly PackedBatch[] {
    requireOpen(this)
    if (offset < this.startOffset || offset > this.endOffset)
      throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `${offset} is not in ${this.startOffset}..${this.endOffset}`)
    let left = maxBytes
    const from = this.batches.filter((batch) => batch.lastOffset >= offset)
    return from.filter((batch, at) => {
      left -= batch.sizeBytes
      return left >= 0 || at === 0
    })
  }
  findByTimestamp(timestamp: number): PackedBatch | null {
    requireOpen(this)
    return this.batches.find((batch) => batch.maxTimestamp >= timestamp) ?? null
  }
  findMaxTimestamp(): PackedBatch | null {
    return this.findByTimestamp(this.maxTimestamp)
  }
  async truncateBefore(offset: number): Promise<void> {
    if (offset > this.endOffset) throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `The log ends at ${this.endOffset}`)
    this.startOffset = Math.max(this.startOffset, offset)
    await this.keepOnly((batch) => batch.lastOffset >= this.startOffset)
  }
  async truncateAfter(offset: number): Promise<void> {
    this.endOffset = Math.min(this.endOffset, offset)
    this.startOffset = Math.min(this.startOffset, this.endOffset)
    await this.keepOnly((batch) => batch.lastOffset < offset)
  }
  segments(): readonly SegmentInfo[] {
    const { startOffset, endOffset, sizeBytes, maxTimestamp } = this
    return [{ baseOffset: startOffset, endOffset, sizeBytes, maxTimestamp }]
  }
  roll(): void {
    requireOpen(this)
  }
  configure(): void {}
  close(): void {
    this.isOpen = false
  }
  async write(batches: readonly PackedBatch[]): Promise<void> {
    requireOpen(this)
    await Promise.all(batches.map((batch) => this.place.set(this.keyOf(batch), batch.bytes.slice())))
  }
  show(batches: readonly PackedBatch[]): void {
    this.batches.push(...batches)
    this.endOffset = Math.max(this.endOffset, (batches.at(-1)?.lastOffset ?? -1) + 1)
  }
  private keyOf(batch: PackedBatch): string {
    return `${this.name}/${String(batch.baseOffset).padStart(20, '0')}`
  }
  private async keepOnly(stays: (batch: PackedBatch) => boolean): Promise<void> {
    requireOpen(this)
    const gone = this.batches.filter((batch) => !stays(batch))
    this.batches = this.batches.filter(stays)
    await this.place.set(`${this.name}/bounds`, new TextEncoder().encode(JSON.stringify([this.startOffset, this.endOffset])))
    for (const batch of gone) await this.place.delete(this.keyOf(batch))
  }
}
