// SQLite in WebAssembly, so that the example runs wherever Node does. better-sqlite3 and node:sqlite have the shape that the outbox wants
// and are given to it as they are; this one takes the values of a statement as a list, so it gets that shape here.

import type { SqliteDatabase, SqliteStatement } from 'kafkalite/outbox'
import wasm from 'node-sqlite3-wasm'

export class Database implements SqliteDatabase {
  private readonly database = new wasm.Database(':memory:')

  get inTransaction(): boolean {
    return this.database.inTransaction
  }

  exec(sql: string): void {
    this.database.exec(sql)
  }

  prepare(sql: string): SqliteStatement {
    const { database } = this
    return {
      run: (...values) => void database.run(sql, values),
      all: (...values) => database.all(sql, values),
      get: (...values) => database.get(sql, values) ?? undefined,
    }
  }

  /** All of `work`, or nothing. */
  transaction(work: () => void): void {
    this.exec('BEGIN')
    try {
      work()
      this.exec('COMMIT')
    } catch (error) {
      this.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.database.close()
  }
}
