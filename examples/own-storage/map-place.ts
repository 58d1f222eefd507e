// A place that keeps bytes under keys for as long as the process lives: what a bucket or a table would be in earnest.

import type { KeyValue } from './key-value-storage.js'

export class MapPlace implements KeyValue {
  readonly kept = new Map<string, Uint8Array>()

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.kept.get(key)
  }
  async set(key: string, bytes: Uint8Array): Promise<void> {
    this.kept.set(key, bytes)
  }
  async delete(key: string): Promise<void> {
    this.kept.delete(key)
  }
  async keys(): Promise<readonly string[]> {
    return [...this.kept.keys()]
  }
}
