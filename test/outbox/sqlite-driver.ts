// SQLite for the tests: node:sqlite where Node has it, else SQLite in WebAssembly, which needs no compiler. Its statements take their
// values as a list, so it is given the shape of the other two here.

import { createRequire } from 'node:module'
import type { SqliteDatabase, SqliteStatement } from '../../src/outbox/index.js'

export interface OpenSqlite extends SqliteDatabase {
  close(): unknown
}

type Constructor = new (path: string) => OpenSqlite

/** The parts of node-sqlite3-wasm that are used. */
interface WasmDatabase {
  readonly inTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): {
    run(values: unknown[]): unknown
    all(values: unknown[]): unknown[]
    get(values: unknown[]): unknown
    finalize(): void
  }
  close(): void
}

export function openSqlite(path: string): OpenSqlite {
  const require = createRequire(import.meta.url)
  if (process.getBuiltinModule?.('node:sqlite') !== undefined)
    return new (require('node:sqlite') as { DatabaseSync: Constructor }).DatabaseSync(path)
  return new WasmSqlite(new (require('node-sqlite3-wasm') as { Database: new (path: string) => WasmDatabase }).Database(path))
}

class WasmSqlite implements OpenSqlite {
  constructor(private readonly database: WasmDatabase) {}

  get inTransaction(): boolean {
    return this.database.inTransaction
  }

  exec(sql: string): unknown {
    return this.database.exec(sql)
  }

  prepare(sql: string): SqliteStatement {
    const using = <T>(work: (statement: ReturnType<WasmDatabase['prepare']>) => T): T => {
      const statement = this.database.prepare(sql)
      try {
        return work(statement)
      } finally {
        statement.finalize()
      }
    }
    return {
      run: (...values) => using((statement) => statement.run(values)),
      all: (...values) => using((statement) => statement.all(values)),
      get: (...values) => using((statement) => statement.get(values) ?? undefined),
    }
  }

  close(): void {
    this.database.close()
  }
}
