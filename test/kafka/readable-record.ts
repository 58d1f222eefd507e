// A record in words, so that what kafkalite reads and what Kafka's programs print can be compared.
import { readdirSync } from 'node:fs'
import '../../src/record/node-gzip.js'
import { records } from '../../src/record/batch-reader.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { CONFIG, readAll } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface ReadableRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))

/** Every record of the batches; of a control batch there are none for a reader. */
export function readable(batches: readonly PackedBatch[]): ReadableRecord[] {
  return batches
    .filter(({ isControl }) => !isControl)
    .flatMap((batch) =>
      records(batch).map(({ offset, timestamp, key, value, headers }) => ({
        offset,
        timestamp,
        key: text(key),
        value: text(value),
        headers: [...headers].map(([name, content]) => [name, text(content)] as const),
      })),
    )
}

/** The names of the logs in a data folder. */
export function logNames(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /-\d+$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** What kafkalite's storage says is in a log: every batch, also those before its start in the first segment. */
export async function batchesOf(folder: string, log: string): Promise<PackedBatch[]> {
  const storage = new FileStorage(folder)
  await storage.open({ clock: new VirtualClock() })
  try {
    return await readAll(await storage.log(log, CONFIG))
  } finally {
    await storage.close()
  }
}
