// What is compared with: installed by main.ts into this folder, which has a package.json of its own.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The parts of the peers that the rows use: their types are not installed with the project. */
export interface SqliteStatement<Row> {
  run(...values: readonly unknown[]): unknown
  get(): Row | undefined
  iterate(): IterableIterator<Row>
  pluck(): SqliteStatement<unknown>
}
export interface SqliteDatabase {
  pragma(text: string): unknown
  exec(sql: string): unknown
  prepare<_Bound extends readonly unknown[] = [], Row = unknown>(sql: string): SqliteStatement<Row>
  transaction<A extends readonly unknown[]>(work: (...args: A) => void): (...args: A) => void
  close(): void
}
export type SqliteConstructor = new (file: string) => SqliteDatabase
export type EmitteryConstructor = new () => {
  on(name: string, listener: (event: string | { data: string }) => void): unknown
  emit(name: string, data: string): Promise<void>
}
export interface Fastq {
  promise(worker: (value: string) => Promise<void>, concurrency: number): { push(value: string): Promise<void> }
}

/** A job of addBulk. */
export interface BullJob {
  readonly name: string
  readonly data: string
  readonly opts: object
}
export interface BullWorker {
  on(name: string, listener: (...args: unknown[]) => void): unknown
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}
interface BullQueue {
  add(name: string, data: string, options: object): Promise<unknown>
  addBulk(jobs: readonly BullJob[]): Promise<unknown>
  getJobCounts(): Promise<Record<string, number>>
  close(): Promise<void>
}
export interface BullPackage {
  readonly Queue: new (name: string, options: object) => BullQueue
  readonly Worker: new (name: string, work: (job: { data: string }) => Promise<void>, options: object) => BullWorker
}

export interface Peers {
  readonly BullMQ: BullPackage
  readonly Emittery: EmitteryConstructor
  readonly fastq: Fastq
  /** Absent where its native code could be neither downloaded nor compiled. */
  readonly Sqlite?: SqliteConstructor
  readonly versions: string
}

/** A name that the bundler leaves to be found when it runs. */
const EMITTERY: string = 'emittery'
const PACKAGES = new URL('../', import.meta.url)

/** For the bundle, which lies in a folder of node_modules. */
export async function loadPeers(): Promise<Peers> {
  const require = createRequire(import.meta.url)
  const { default: Emittery }: { default: EmitteryConstructor } = await import(EMITTERY)
  const fastq: Fastq = require('fastq')
  const BullMQ: BullPackage = require('bullmq')
  const Sqlite = loadSqlite(require)
  const versions = ['emittery', 'fastq', 'bullmq', ...(Sqlite ? ['better-sqlite3'] : [])].map((name) => {
    const { version }: { version: string } = JSON.parse(readFileSync(new URL(`${name}/package.json`, PACKAGES), 'utf8'))
    return `${name} ${version}`
  })
  return { BullMQ, Emittery, fastq, Sqlite, versions: versions.join(', ') }
}

function loadSqlite(require: NodeJS.Require): SqliteConstructor | undefined {
  try {
    const Sqlite: SqliteConstructor = require('better-sqlite3')
    new Sqlite(':memory:').close()
    return Sqlite
  } catch (error) {
    console.log(`better-sqlite3 does not load, so its rows are left out: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    return undefined
  }
}
