// The outbox and the inbox in SQLite, with the driver the application has: better-sqlite3 or node:sqlite, whose databases look the same
// where it matters. Their calls are synchronous, and so are effects.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { InboxPlace, InboxStore } from './inbox.js'
import type { OutboxMessage, OutboxRow, OutboxStore } from './outbox.js'

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs it for its effect. */
  run(...values: never[]): unknown
  /** All rows. */
  all(...values: never[]): unknown[]
  /** The first row. */
  get(...values: never[]): unknown
}

/** A `Database` of better-sqlite3 or a `DatabaseSync` of node:sqlite. */
export interface SqliteDatabase {
  /** Runs statements without values. */
  exec(sql: string): unknown
  /** Makes a statement ready. */
  prepare(sql: string): SqliteStatement
  /** better-sqlite3: a transaction is open on this connection. */
  readonly inTransaction?: boolean
  /** node:sqlite: the same. */
  readonly isTransaction?: boolean
}

const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Rows in a table of the application's database. */
export class SqliteOutbox implements OutboxStore {
  /** @throws KafkaliteError `INVALID_ARGUMENT` when the name of the table is more than letters, digits and underscores */
  constructor(
    private readonly database: SqliteDatabase,
    private readonly table = 'kafkalite_outbox',
  ) {
    checkTable(table)
  }

  open(): void {
    // AUTOINCREMENT never gives the id of a removed row again.
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS ${this.table} (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT, value BLOB, headers TEXT)`,
    )
  }

  /** Puts a message into the table, as a part of the transaction that is open on the database. */
  add({ topic, key, value, headers }: OutboxMessage): void {
    const sql = `INSERT INTO ${this.table} (topic, key, value, headers) VALUES (?, ?, ?, ?)`
    run(this.database.prepare(sql), topic, key ?? null, value, headers === undefined ? null : JSON.stringify(headers))
  }

  read(limit: number): OutboxRow[] {
    // On the same connection the relay would see rows that are not committed yet.
    if (this.database.inTransaction === true || this.database.isTransaction === true) return []
    const rows = all(this.database.prepare(`SELECT id, topic, key, value, headers FROM ${this.table} ORDER BY id LIMIT ?`), limit)
    return rows.map(rowOf)
  }

  remove(ids: readonly string[]): void {
    if (ids.length === 0) return
    const places = ids.map(() => '?').join(', ')
    run(this.database.prepare(`DELETE FROM ${this.table} WHERE id IN (${places})`), ...ids.map(Number))
  }
}

/** Places in a table of the application's database. An effect gets that database, inside of the transaction. */
export class SqliteInbox<D extends SqliteDatabase> implements InboxStore<D> {
  /** @throws KafkaliteError `INVALID_ARGUMENT` when the name of the table is more than letters, digits and underscores */
  constructor(
    private readonly database: D,
    private readonly table = 'kafkalite_inbox',
  ) {
    checkTable(table)
  }

  open(): void {
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS ${this.table} (group_id TEXT, topic TEXT, partition INTEGER, next INTEGER, PRIMARY KEY (group_id, topic, partition))`,
    )
  }

  next({ groupId, topic, partition }: Omit<InboxPlace, 'offset'>): number | null {
    const sql = `SELECT next FROM ${this.table} WHERE group_id = ? AND topic = ? AND partition = ?`
    const row = get(this.database.prepare(sql), groupId, topic, partition) as { next: number } | undefined
    return row === undefined ? null : Number(row.next)
  }

  apply(place: InboxPlace, effect: (tx: D) => Awaitable<unknown>): boolean {
    const { database, table } = this
    database.exec('BEGIN IMMEDIATE')
    try {
      const isNew = (this.next(place) ?? 0) <= place.offset
      if (isNew) {
        if (isPromise(effect(database)))
          throw new KafkaliteError('INVALID_ARGUMENT', 'An effect in SQLite is synchronous: it must not return a promise')
        const sql = `INSERT INTO ${table} VALUES (?, ?, ?, ?) ON CONFLICT (group_id, topic, partition) DO UPDATE SET next = excluded.next`
        run(database.prepare(sql), place.groupId, place.topic, place.partition, place.offset + 1)
      }
      database.exec('COMMIT')
      return isNew
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }
}

function checkTable(table: string): void {
  if (!TABLE_NAME.test(table))
    throw new KafkaliteError('INVALID_ARGUMENT', `The name of a table is letters, digits and underscores, not "${table}"`)
}

/** A row as the drivers give it, whatever they give for a BLOB. */
export function rowOf(row: unknown): OutboxRow {
  const { id, topic, key, value, headers } = row as {
    id: unknown
    topic: string
    key: string | null
    value: string | Uint8Array | null
    headers: unknown
  }
  const parsed = typeof headers === 'string' ? (JSON.parse(headers) as Record<string, string>) : (headers as Record<string, string> | null)
  return { id: String(id), topic, key, value, headers: parsed ?? undefined }
}

type Value = string | number | Uint8Array | null
const run = (statement: SqliteStatement, ...values: Value[]): unknown => statement.run(...(values as never[]))
const all = (statement: SqliteStatement, ...values: Value[]): unknown[] => statement.all(...(values as never[]))
const get = (statement: SqliteStatement, ...values: Value[]): unknown => statement.get(...(values as never[]))
