// A queue's whole way, send, process and acknowledge: in memory against an in-process queue that keeps nothing, on files against a table
// of jobs in better-sqlite3 (WAL, FULL: each transaction is synced).

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Flush } from 'kafkalite'
import type { Peers, SqliteConstructor } from './peers.js'
import { checkEmpty, openQueue, ourQueue } from './queue-sides.js'
import { mustBe, type Prepare, type Row, type Side } from './ratio.js'
import { freshValue, Seen, SMALL } from './values.js'

const WORKERS = 64

const fastqs =
  ({ fastq }: Peers, count: number, perSend: number, concurrency: number): Prepare =>
  () => ({
    units: count,
    async work() {
      const seen = new Seen(count)
      const queue = fastq.promise(async (value) => seen.see(value), concurrency)
      for (let at = 0; at < count; at += perSend) {
        if (perSend === 1) await queue.push(freshValue(SMALL, at))
        else await Promise.all(Array.from({ length: perSend }, (_, i) => queue.push(freshValue(SMALL, at + i))))
      }
      seen.check()
    },
  })

/** Each of 64 workers sends, receives and acknowledges one after the other, each step awaited; or `perStep` at a time. */
const durable =
  (scratch: string, flush: Flush, count: number, perStep: number): Prepare =>
  async () => {
    const { queue, end } = await openQueue(scratch, flush)
    const seen = new Seen(count)
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count) {
        const first = next
        next += perStep
        await queue.send(Array.from({ length: perStep }, (_, i) => ({ value: freshValue(SMALL, first + i) })))
        const messages = await queue.receive({ max: perStep, timeoutMs: 10_000 })
        for (const { value } of messages) seen.see(value)
        await Promise.all(messages.map((message) => message.acknowledge()))
      }
    }
    return {
      units: count,
      async work() {
        await Promise.all(Array.from({ length: perStep === 1 ? WORKERS : 1 }, worker))
        // A worker whose batch another took a part of leaves some.
        for (const message of await queue.receive({ max: count, timeoutMs: 0 })) {
          seen.see(message.value)
          await message.acknowledge()
        }
        seen.check()
        await checkEmpty(queue)
      },
      end,
    }
  }

/** A table of jobs: sending, taking and acknowledging are a transaction each, of `perStep` jobs. */
const table =
  (Sqlite: SqliteConstructor, scratch: string, count: number, perStep: number): Prepare =>
  (): Side => {
    const folder = mkdtempSync(join(scratch, 'sqlite-'))
    const database = new Sqlite(join(folder, 'queue.db'))
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.exec('create table jobs (id integer primary key, value text, deliveries integer default 0, until integer default 0)')
    database.exec('create index due on jobs (until, id)')
    const insert = database.prepare('insert into jobs (value) values (?)')
    const take = database.prepare<[], { id: number; value: string }>(
      'update jobs set deliveries = deliveries + 1, until = 1 where id in ' +
        `(select id from jobs where until = 0 order by id limit ${perStep}) returning id, value`,
    )
    const remove = database.prepare('delete from jobs where id = ?')
    const sendAll = database.transaction((from: number) => {
      for (let i = 0; i < perStep; i++) insert.run(freshValue(SMALL, from + i))
    })
    let taken: { id: number; value: string }[] = []
    const takeAll = database.transaction(() => {
      taken = [...take.iterate()]
    })
    const removeAll = database.transaction(() => {
      for (const { id } of taken) remove.run(id)
    })
    return {
      units: count,
      work() {
        const seen = new Seen(count)
        for (let at = 0; at < count; at += perStep) {
          sendAll(at)
          takeAll()
          for (const { value } of taken) seen.see(value)
          removeAll()
        }
        seen.check()
        mustBe('jobs left', database.prepare('select count(*) from jobs').pluck().get(), 0)
      },
      end() {
        database.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  }

export function queueRows(peers: Peers, scratch: string, scale: number): Row[] {
  const { Sqlite } = peers
  const many = Math.round(1_000_000 * scale)
  const single = Math.round(50_000 * scale)
  const synced = Math.round(640 + 2560 * scale)
  const rows: Row[] = [
    {
      name: 'queue in memory, 100 B, send 100, process, acknowledge',
      yardstick: 'fastq, concurrency 100',
      ours: ourQueue(scratch, 'memory', many, 1, 100, 100),
      theirs: fastqs(peers, many, 100, 100),
    },
    {
      name: 'queue in memory, 100 B, each send awaited, process, acknowledge',
      yardstick: 'fastq, each push awaited',
      ours: ourQueue(scratch, 'memory', single, 1, 1, 1),
      theirs: fastqs(peers, single, 1, 1),
    },
  ]
  if (Sqlite === undefined) return rows
  for (const flush of ['interval', 'always'] as const) {
    rows.push(
      {
        name: `queue on files, flush '${flush}', 100 B, 64 workers, each step awaited`,
        yardstick: 'better-sqlite3, FULL, a transaction for each step',
        ours: durable(scratch, flush, synced, 1),
        theirs: table(Sqlite, scratch, Math.round(synced / 4), 1),
      },
      {
        name: `queue on files, flush '${flush}', 100 B, 64 messages in each step`,
        yardstick: 'better-sqlite3, FULL, 64 jobs in each transaction',
        ours: durable(scratch, flush, synced, 64),
        theirs: table(Sqlite, scratch, synced, 64),
      },
    )
  }
  return rows
}
