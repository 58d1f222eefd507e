// The file path against better-sqlite3: a table with a rising key, in WAL mode, the usual way to keep a log without a server.
// NORMAL syncs at checkpoints only, so it stands beside flush 'os'; FULL syncs each transaction, so it stands beside 'always'.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Broker, FileStorage, type Flush } from 'kafkalite'
import type { Peers, SqliteConstructor } from './peers.js'
import { mustBe, type Prepare, type Row, type Side } from './ratio.js'
import { Received, SMALL, freshValue } from './values.js'

/** SQLite is measured past its first checkpoint. */
const SQLITE_WARM = 6_000
const PER_TRANSACTION = 10

type Sync = 'NORMAL' | 'FULL'

async function openLog(scratch: string, flush: Flush, partitions = 1) {
  const folder = mkdtempSync(join(scratch, 'log-'))
  const broker = await Broker.open({ storage: new FileStorage(folder), flush })
  const topic = await broker.topic('bench', { partitions })
  const end = async (): Promise<void> => {
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { broker, topic, producer: broker.producer(), end }
}

const logWrites =
  (scratch: string, flush: Flush, count: number, perFlush: number): Prepare =>
  async () => {
    const { topic, producer, end } = await openLog(scratch, flush)
    return {
      units: count,
      async work() {
        for (let at = 0; at < count; at += perFlush) {
          if (perFlush === 1) {
            await producer.send(topic, { value: freshValue(SMALL, at) })
          } else {
            for (let next = at; next < at + perFlush; next++) producer.write(topic, { value: freshValue(SMALL, next) })
            await producer.flush()
          }
        }
        mustBe('records', await topic.partition(0).endOffset(), count)
      },
      end,
    }
  }

/** Transactions of ten records over two topics; a unit is a transaction. */
const logTransactions =
  (scratch: string, flush: Flush, count: number): Prepare =>
  async () => {
    const { broker, topic, producer, end } = await openLog(scratch, flush)
    const other = await broker.topic('other')
    return {
      units: count,
      async work() {
        for (let at = 0; at < count; at++) {
          await producer.transaction((tx) => {
            for (let next = 0; next < PER_TRANSACTION; next++)
              void tx.send(next % 2 === 0 ? topic : other, { value: freshValue(SMALL, at * PER_TRANSACTION + next) })
          })
        }
        // Each transaction has one marker in each topic.
        mustBe('offsets', await other.partition(0).endOffset(), count * (PER_TRANSACTION / 2 + 1))
      },
      end,
    }
  }

/** Each sender awaits each send. To its end counts that the segments behind the journal are synced too. */
const logSenders =
  (scratch: string, senders: number, each: number, partitions: number): Prepare =>
  async () => {
    const { topic, producer, end } = await openLog(scratch, 'always', partitions)
    const sendAll = async (_: unknown, sender: number): Promise<void> => {
      const partition = sender % partitions
      for (let at = 0; at < each; at++) await producer.send(topic, { value: freshValue(SMALL, at), partition })
    }
    return {
      units: senders * each,
      async work() {
        await Promise.all(Array.from({ length: senders }, sendAll))
        let records = 0
        for (let partition = 0; partition < partitions; partition++) records += await topic.partition(partition).endOffset()
        mustBe('records', records, senders * each)
        await end()
      },
    }
  }

/** Lets the system forget what it keeps of files in memory, so that the next reader comes to the disk. Answers whether it may. */
function dropPageCache(): boolean {
  try {
    execFileSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '1')
    return true
  } catch {
    return false
  }
}

const cold =
  (prepare: Prepare): Prepare =>
  async () => {
    const side = await prepare()
    dropPageCache()
    return side
  }

const logRead =
  (scratch: string, count: number): Prepare =>
  async () => {
    const { topic, producer, end } = await openLog(scratch, 'os')
    for (let at = 0; at < count; at++) if (!producer.write(topic, { value: freshValue(SMALL, at) })) await producer.flush()
    await producer.flush()
    return {
      units: count,
      async work() {
        const received = new Received(SMALL)
        for await (const records of topic.read({ from: 'earliest', limit: count }).batches()) {
          for (const record of records) received.value(record.value)
        }
        received.check(count, 'values')
      },
      end,
    }
  }

function openTable(Sqlite: SqliteConstructor, scratch: string, sync: Sync) {
  const folder = mkdtempSync(join(scratch, 'sqlite-'))
  const database = new Sqlite(join(folder, 'log.db'))
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${sync}`)
  database.exec('create table log (at integer primary key, value text)')
  const insert = database.prepare('insert into log (value) values (?)')
  const insertSome = database.transaction((from: number, some: number) => {
    for (let at = from; at < from + some; at++) insert.run(freshValue(SMALL, at))
  })
  const end = (): void => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { database, insertSome, end }
}

const tableWrites =
  (Sqlite: SqliteConstructor, scratch: string, sync: Sync, count: number, perTransaction: number): Prepare =>
  () => {
    const { database, insertSome, end } = openTable(Sqlite, scratch, sync)
    insertSome(0, SQLITE_WARM)
    return {
      units: count,
      work() {
        for (let at = 0; at < count; at += perTransaction) insertSome(at, perTransaction)
        mustBe('rows', database.prepare('select count(*) from log').pluck().get(), SQLITE_WARM + count)
      },
      end,
    }
  }

const tableTransactions =
  (Sqlite: SqliteConstructor, scratch: string, sync: Sync, count: number): Prepare =>
  (): Side => {
    const rows = count * PER_TRANSACTION
    const side = tableWrites(Sqlite, scratch, sync, rows, PER_TRANSACTION)() as Side
    return { ...side, units: count }
  }

const tableRead =
  (Sqlite: SqliteConstructor, scratch: string, count: number): Prepare =>
  () => {
    const { database, insertSome, end } = openTable(Sqlite, scratch, 'NORMAL')
    insertSome(0, count)
    return {
      units: count,
      work() {
        const received = new Received(SMALL)
        for (const { value } of database.prepare<[], { at: number; value: string }>('select at, value from log order by at').iterate()) {
          received.value(value)
        }
        received.check(count, 'values')
      },
      end,
    }
  }

export function fileRows({ Sqlite }: Peers, scratch: string, scale: number): Row[] {
  if (!Sqlite) return []
  const many = 500_000 * scale
  const single = 50_000 * scale
  const durable = Math.round(20 + 780 * scale)
  const read = { ours: logRead(scratch, many), theirs: tableRead(Sqlite, scratch, many) }
  const synced = { yardstick: 'better-sqlite3, FULL, a transaction each', theirs: tableWrites(Sqlite, scratch, 'FULL', durable, 1) }
  const senders = (partitions: number): Prepare => logSenders(scratch, 64, durable, partitions)
  return [
    {
      name: "file, flush 'os', 100 B, batches of 100",
      yardstick: 'better-sqlite3, NORMAL, transactions of 100',
      target: 4,
      ours: logWrites(scratch, 'os', many, 100),
      theirs: tableWrites(Sqlite, scratch, 'NORMAL', many, 100),
    },
    {
      name: "file, flush 'os', 100 B, each send awaited",
      yardstick: 'better-sqlite3, NORMAL, a transaction each',
      target: 5,
      ours: logWrites(scratch, 'os', single, 1),
      theirs: tableWrites(Sqlite, scratch, 'NORMAL', single, 1),
    },
    { ...read, name: 'file, 100 B, read from the start, values as strings', yardstick: 'better-sqlite3, iterate', target: 4 },
    {
      name: 'file, 100 B, read from the start out of a cold page cache',
      yardstick: 'better-sqlite3, iterate',
      target: 4,
      missing: dropPageCache() ? undefined : 'the page cache may not be dropped here',
      ours: cold(read.ours),
      theirs: cold(read.theirs),
    },
    { ...synced, name: "file, flush 'always', 100 B, 64 senders, each send awaited", target: 30, ours: senders(1) },
    { ...synced, name: 'the same over 16 partitions', target: 25, ours: senders(16) },
    { ...synced, name: 'the same over 64 partitions', target: 20, ours: senders(64) },
    { ...synced, name: "file, flush 'always', 100 B, one sender", target: 1, ours: logWrites(scratch, 'always', durable, 1) },
    {
      name: "file, flush 'os', transactions of 10 records of 100 B in two topics, transactions/s",
      yardstick: 'better-sqlite3, NORMAL, transactions of 10',
      ours: logTransactions(scratch, 'os', single / 5),
      theirs: tableTransactions(Sqlite, scratch, 'NORMAL', single / 5),
    },
    {
      name: "file, flush 'always', transactions of 10 records of 100 B in two topics, transactions/s",
      yardstick: 'better-sqlite3, FULL, transactions of 10',
      ours: logTransactions(scratch, 'always', durable),
      theirs: tableTransactions(Sqlite, scratch, 'FULL', durable),
    },
  ]
}
