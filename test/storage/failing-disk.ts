// A disk that fails when told: the n-th write or sync from now on, with the error that a real disk would give. Everything else goes to
// the machine's own disk.

import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import type { OpenFile } from '../../src/storage/file/file-system.js'

export type FaultPoint = 'write' | 'sync' | 'open'

export class FailingDisk extends NodeFileSystem {
  /** Calls made so far. */
  readonly calls: Record<FaultPoint, number> = { write: 0, sync: 0, open: 0 }
  /** Bytes that a failing write puts on the disk before it fails. */
  partBytes = 0
  private readonly faults = new Map<FaultPoint, { code: string; left: number; times: number }>()
  /** While set, syncs wait for it. */
  gate: Promise<void> | null = null
  private onSync = (): void => {}
  /** The paths of files that were synced, in order. */
  readonly synced: string[] = []
  /** Called before each sync, which waits for it. */
  onOperation: (() => Promise<void>) | null = null

  /** Resolves when the next sync begins. */
  nextSync(): Promise<void> {
    return new Promise((resolve) => {
      this.onSync = resolve
    })
  }

  /** The call after `skip` others, and `times - 1` more, fail with that code. */
  failNext(point: FaultPoint, code: string, skip = 0, times = 1): void {
    this.faults.set(point, { code, left: skip, times })
  }

  override open(path: string, mode: 'create' | 'open'): OpenFile {
    this.meet('open')
    const file = super.open(path, mode)
    return {
      size: () => file.size(),
      read: (into, start, end, position) => file.read(into, start, end, position),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
      write: (bytes, start, end, position) => {
        const error = this.due('write')
        if (error === null) return file.write(bytes, start, end, position)
        file.write(bytes, start, Math.min(end, start + this.partBytes), position)
        throw error
      },
      sync: async () => {
        this.meet('sync')
        this.synced.push(path)
        this.onSync()
        await this.gate
        await this.onOperation?.()
        await file.sync()
      },
    }
  }

  private meet(point: FaultPoint): void {
    const error = this.due(point)
    if (error !== null) throw error
  }

  private due(point: FaultPoint): Error | null {
    this.calls[point]++
    const fault = this.faults.get(point)
    if (fault === undefined || fault.left-- > 0) return null
    if (--fault.times <= 0) this.faults.delete(point)
    return Object.assign(new Error(`${fault.code}: injected`), { code: fault.code })
  }
}
