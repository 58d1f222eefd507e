// SQLite for the tests: node:sqlite where Node has it, else better-sqlite3, from here or from the benchmarks.

import { createRequire } from 'node:module'
import type { SqliteDatabase } from '../../src/outbox/index.js'

export interface OpenSqlite extends SqliteDatabase {
  close(): unknown
}

type Constructor = new (path: string) => OpenSqlite

export function openSqlite(path: string): OpenSqlite {
  return new (constructorOf())(path)
}

function constructorOf(): Constructor {
  const require = createRequire(import.meta.url)
  const tries: (() => Constructor)[] = [
    () => (require('node:sqlite') as { DatabaseSync: Constructor }).DatabaseSync,
    () => require('better-sqlite3') as Constructor,
    () => createRequire(new URL('../bench/package.json', import.meta.url))('better-sqlite3') as Constructor,
  ]
  for (const each of tries) {
    try {
      return each()
    } catch {
      // The next one.
    }
  }
  throw new Error('the tests of the outbox need node:sqlite (Node 22.13 or later) or better-sqlite3')
}
