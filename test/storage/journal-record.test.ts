// The journal byte by byte, against the worked example of docs/format.md.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BatchWriter } from '../../src/record/batch-writer.js'
import {
  JournalWriter,
  decodeFileHeader,
  decodeRecord,
  encodeFileHeader,
  nameBytes,
  recordLength,
  voidHeader,
  voidRecord,
} from '../../src/storage/file/journal-record.js'

function example(): Uint8Array {
  const writer = new BatchWriter()
  writer.append('k', 'hello', 1000, null)
  const batch = writer.finish({ producerId: 4242, producerEpoch: 0, baseSequence: 0 })
  batch.place(0, 0)
  batch.fillCrc()
  const journal = new JournalWriter((bytes) => new Uint8Array(bytes), 64)
  journal.begin()
  journal.part(nameBytes('a-0'), 0, batch.sizeBytes)
  journal.batch(batch.buffer, batch.start, batch.end)
  journal.end(64, 0, 64)
  const file = new Uint8Array(64 + journal.used)
  file.set(encodeFileHeader(1, 0))
  file.set(journal.bytes.subarray(0, journal.used), 64)
  return file
}

describe('The journal', () => {
  it('is the example of the format page, byte by byte', () => {
    const page = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8')
    const lines = page.slice(page.indexOf('"KLJOURNL"\n  8')).split('\n')
    const file = Buffer.from(example())
    expect(file.length).toBe(192)
    let compared = 0
    for (const line of ['  0  4b 4c 4a 4f 55 52 4e 4c    "KLJOURNL"', ...lines]) {
      const match = /^ *(\d+) {2}((?:[0-9a-f]{2} )+) {2}/.exec(line)
      if (match === null) continue
      const bytes = (match[2] as string).replaceAll(' ', '')
      expect([match[1], file.subarray(Number(match[1]), Number(match[1]) + bytes.length / 2).toString('hex')]).toEqual([match[1], bytes])
      compared++
    }
    expect(compared).toBeGreaterThan(13)
  })

  it('reads back what it wrote', () => {
    const file = example()
    expect(decodeFileHeader(file)).toEqual({ version: 1, file: 1, firstRecord: 0 })
    const length = recordLength(file, 64, 64, file.length)
    expect(length).toBe(123)
    expect(decodeRecord(file, 64, length)).toMatchObject({ number: 0, syncedBytes: 64, parts: [{ log: 'a-0', previousEnd: 0 }] })
    expect(decodeRecord(file, 64, length)?.parts[0]?.batches.length).toBe(74)
  })

  it('takes no record with a byte changed, nor one that names another place', () => {
    const file = example()
    for (let at = 64; at < 64 + 123; at++) {
      const changed = Uint8Array.from(file)
      changed[at] = (changed[at] as number) ^ 1
      const length = recordLength(changed, 64, 64, changed.length)
      expect([at, length < 0 ? null : decodeRecord(changed, 64, length)]).toEqual([at, null])
    }
    expect(recordLength(file, 64, 128, 10_000)).toBe(-1)
  })

  it('has void records without parts, which keep their length and number', () => {
    const file = example()
    file.set(voidHeader(file.subarray(64, 96)), 64)
    expect(decodeRecord(file, 64, recordLength(file, 64, 64, file.length))).toMatchObject({ number: 0, lengthBytes: 123, parts: [] })
    file.set(voidRecord(64, 5, 100), 64)
    expect(decodeRecord(file, 64, 100)).toMatchObject({ number: 5, lengthBytes: 100, parts: [] })
  })
})
