// How long a record takes to a consumer that waits for it: one is sent, the next when it has arrived. Against what such a wait costs at
// least: two awaits in a bare queue of promises in memory, one fdatasync of 512 bytes on files.

import fs from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Broker, FileStorage } from 'kafkalite'
import { mustBe, type Prepare, type Row } from './ratio.js'
import { freshValue, SMALL } from './values.js'

/** Microseconds of each hand-over of the last round. */
class Laps {
  private times = new Float64Array(0)
  private laps = 0
  private since = 0

  start(count: number): void {
    this.times = new Float64Array(count)
    this.laps = 0
    this.since = performance.now()
  }

  lap(): void {
    const now = performance.now()
    this.times[this.laps++] = (now - this.since) * 1000
    this.since = now
  }

  note(): string {
    const sorted = this.times.slice(0, this.laps).sort()
    const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1)
    return `p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`
  }
}

const ours =
  (laps: Laps, count: number, folder: string | null): Prepare =>
  async () => {
    const path = folder === null ? '' : mkdtempSync(join(folder, 'hand-over-'))
    const broker = await Broker.open(folder === null ? {} : { storage: new FileStorage(path), flush: 'always' })
    const topic = await broker.topic('bench')
    const producer = broker.producer()
    return {
      units: count,
      async work() {
        const reading = topic.read({ from: 'earliest', limit: count })[Symbol.asyncIterator]()
        laps.start(count)
        for (let at = 0; at < count; at++) {
          const next = reading.next()
          void producer.send(topic, { value: freshValue(SMALL, at) })
          const { value } = await next
          if (at % 100 === 0) mustBe('value', value?.value, freshValue(SMALL, at))
          laps.lap()
        }
      },
      async end() {
        await broker.close()
        if (folder !== null) rmSync(path, { recursive: true, force: true })
      },
    }
  }

/** The least that hands a value to somebody who waits: a promise that the sender resolves, and the sender's own await. */
const promises =
  (count: number): Prepare =>
  () => ({
    units: count,
    async work() {
      let resolveNext: (value: string) => void = () => undefined
      const wait = (): Promise<string> => new Promise((resolve) => (resolveNext = resolve))
      const send = async (value: string): Promise<void> => resolveNext(value)
      for (let at = 0; at < count; at++) {
        const next = wait()
        await send(freshValue(SMALL, at))
        const value = await next
        if (at % 100 === 0) mustBe('value', value, freshValue(SMALL, at))
      }
    },
  })

/** A file that has its size already, written and synced in place. */
const syncs =
  (count: number, folder: string): Prepare =>
  () => {
    const path = join(mkdtempSync(join(folder, 'sync-')), 'file')
    const file = fs.openSync(path, 'w')
    const block = Buffer.alloc(512, 'x')
    fs.writeSync(file, Buffer.alloc(512 * count))
    fs.fsyncSync(file)
    return {
      units: count,
      async work() {
        for (let at = 0; at < count; at++) {
          fs.writeSync(file, block, 0, block.length, at * block.length)
          await new Promise<void>((resolve, reject) => fs.fdatasync(file, (error) => (error === null ? resolve() : reject(error))))
        }
        mustBe('size', fs.fstatSync(file).size, count * block.length)
      },
      end: () => fs.closeSync(file),
    }
  }

export function handOverRows(scratch: string, scale: number): Row[] {
  const inMemory = new Laps()
  const onFiles = new Laps()
  const many = 100_000 * scale
  const some = Math.round(50 + 950 * scale)
  return [
    {
      name: 'memory, hand-over to a waiting consumer',
      yardstick: 'two awaits in a bare queue of promises',
      target: 1 / 3,
      note: () => inMemory.note(),
      ours: ours(inMemory, many, null),
      theirs: promises(many),
    },
    {
      name: "file, flush 'always', hand-over to a waiting consumer",
      yardstick: 'one fdatasync of 512 B',
      target: 1 / 1.3,
      note: () => onFiles.note(),
      ours: ours(onFiles, some, scratch),
      theirs: syncs(some, scratch),
    },
  ]
}
