// The outbox and the inbox in PostgreSQL, with node-postgres or whatever has its `query`. Ids of a sequence become visible out of order,
// which the relay does not mind: it remembers the rows of a round, not the highest of them.

import { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { InboxPlace, InboxStore } from './inbox.js'
import type { OutboxMessage, OutboxRow, OutboxStore } from './outbox.js'
import { rowOf } from './sqlite.js'

/** A connection, as of node-postgres. */
export interface PostgresClient {
  /** Runs a statement with its values, `$1` and on. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** A pool of connections, as of node-postgres. */
export interface PostgresPool extends PostgresClient {
  /** A connection of one's own, to be released. */
  connect(): Promise<PostgresClient & { release(error?: boolean): void }>
}

const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/

/** Rows in a table of the application's database. */
export class PostgresOutbox implements OutboxStore {
  /** @throws KafkaliteError `INVALID_ARGUMENT` when the name of the table is more than letters, digits, dots and underscores */
  constructor(
    private readonly database: PostgresClient,
    private readonly table = 'kafkalite_outbox',
  ) {
    checkTable(table)
  }

  async open(): Promise<void> {
    await this.database.query(
      `CREATE TABLE IF NOT EXISTS ${this.table} (id BIGSERIAL PRIMARY KEY, topic TEXT NOT NULL, key TEXT, value BYTEA, headers JSONB)`,
    )
  }

  /** Puts a message into the table, as a part of the transaction that is open on `client`. */
  async add(client: PostgresClient, { topic, key, value, headers }: OutboxMessage): Promise<void> {
    const sql = `INSERT INTO ${this.table} (topic, key, value, headers) VALUES ($1, $2, $3, $4)`
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
    await client.query(sql, [topic, key ?? null, bytes, headers === undefined ? null : JSON.stringify(headers)])
  }

  async read(limit: number): Promise<OutboxRow[]> {
    const { rows } = await this.database.query(`SELECT id, topic, key, value, headers FROM ${this.table} ORDER BY id LIMIT $1`, [limit])
    return rows.map(rowOf)
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.database.query(`DELETE FROM ${this.table} WHERE id = ANY($1::bigint[])`, [[...ids]])
  }
}

/** Places in a table of the application's database. An effect gets a connection, inside of the transaction. */
export class PostgresInbox implements InboxStore<PostgresClient> {
  /** @throws KafkaliteError `INVALID_ARGUMENT` when the name of the table is more than letters, digits, dots and underscores */
  constructor(
    private readonly pool: PostgresPool,
    private readonly table = 'kafkalite_inbox',
  ) {
    checkTable(table)
  }

  async open(): Promise<void> {
    await this.pool.query(
      `CREATE TABLE IF NOT EXISTS ${this.table} (group_id TEXT, topic TEXT, partition INTEGER, next BIGINT, PRIMARY KEY (group_id, topic, partition))`,
    )
  }

  async next(place: Omit<InboxPlace, 'offset'>): Promise<number | null> {
    return this.nextOf(this.pool, place, '')
  }

  async apply(place: InboxPlace, effect: (tx: PostgresClient) => Awaitable<unknown>): Promise<boolean> {
    const client = await this.pool.connect()
    let broken = true
    try {
      await client.query('BEGIN')
      const sql = `INSERT INTO ${this.table} VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
      // The row is there and locked from here on, so that two members never have the same effect.
      await client.query(sql, [place.groupId, place.topic, place.partition, 0])
      const isNew = ((await this.nextOf(client, place, ' FOR UPDATE')) ?? 0) <= place.offset
      if (isNew) {
        await effect(client)
        const update = `UPDATE ${this.table} SET next = $4 WHERE group_id = $1 AND topic = $2 AND partition = $3`
        await client.query(update, [place.groupId, place.topic, place.partition, place.offset + 1])
      }
      await client.query('COMMIT')
      broken = false
      return isNew
    } catch (error) {
      await client.query('ROLLBACK').then(
        () => {
          broken = false
        },
        () => undefined,
      )
      throw error
    } finally {
      client.release(broken)
    }
  }

  private async nextOf(
    client: PostgresClient,
    { groupId, topic, partition }: Omit<InboxPlace, 'offset'>,
    lock: string,
  ): Promise<number | null> {
    const sql = `SELECT next FROM ${this.table} WHERE group_id = $1 AND topic = $2 AND partition = $3${lock}`
    const { rows } = await client.query(sql, [groupId, topic, partition])
    const row = rows[0] as { next: string | number } | undefined
    return row === undefined ? null : Number(row.next)
  }
}

function checkTable(table: string): void {
  if (!TABLE_NAME.test(table))
    throw new KafkaliteError('INVALID_ARGUMENT', `The name of a table is letters, digits, dots and underscores, not "${table}"`)
}
