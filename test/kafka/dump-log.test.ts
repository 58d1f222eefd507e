// Kafka's own tool reads every file that kafkalite writes, finds nothing to complain of, and sees the same records.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { checkIndexes, dumpLog, filesOf } from './dump-log.js'
import { batchesOf, logNames, readable } from './readable-record.js'
import { WRITTEN_FOLDERS } from './written-folders.js'

const tools = inject('kafkaTools')
const root = fs.mkdtempSync(join(tmpdir(), 'kafkalite-dump-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

/** The neighbours within a batch that are none, as the tool words them. */
function gapsOf(batches: readonly PackedBatch[]): string[] {
  return batches.flatMap((batch) => {
    const offsets = readable([batch]).map(({ offset }) => offset)
    return offsets.flatMap((offset, n) => (n > 0 && offset !== (offsets[n - 1] ?? 0) + 1 ? [`${offset} follows ${offsets[n - 1]}`] : []))
  })
}

describe('kafka-dump-log finds in order', () => {
  test.each(WRITTEN_FOLDERS.map((one, n) => [one.name, one, n] as const))('%s', async (_, { write, crashed = false }, n) => {
    const folder = join(root, String(n))
    await write(folder)
    const logs = logNames(folder)
    expect(logs).not.toEqual([])
    for (const log of logs) {
      const files = join(folder, log)
      // The state of a queue is not text.
      const contents = !log.startsWith('__share_group_state')
      const dump = await dumpLog(tools, files, { contents })
      expect({ log, complaints: dump.complaints }).toEqual({ log, complaints: [] })
      expect(await checkIndexes(tools, files)).toEqual([])
      const bases = filesOf(files, ['.log']).map((path) => Number(path.slice(-24, -4)))
      if (!crashed && bases.length > 1) expect(dump.indexEntries).toBeGreaterThan(0)

      const batches = await batchesOf(folder, log)
      const ours = readable(batches)
      const from = ours[0]?.offset ?? 0
      expect(dump.records.filter(({ offset }) => offset >= from)).toEqual(
        ours.map(({ headers, key, value, ...record }) => ({
          ...record,
          key: contents ? key : key && '',
          value: contents ? value : value && '',
          headerNames: headers.map(([name]) => name),
        })),
      )
      expect(dump.gaps.filter((gap) => Number.parseInt(gap, 10) > from)).toEqual(gapsOf(batches))
    }
  })
})
