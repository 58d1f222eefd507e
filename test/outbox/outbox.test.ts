// Messages that go out if and only if a database transaction commits, each exactly once whatever crashes, and effects in a database that
// happen exactly once for each record.
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Broker, MemoryStorage } from '../../src/index.js'
import { Inbox, OutboxRelay, type OutboxRow, type OutboxStore, PostgresOutbox, SqliteInbox, SqliteOutbox } from '../../src/outbox/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { newFolder } from '../storage/data-folder.js'
import { type OpenSqlite, openSqlite } from './sqlite-driver.js'

const closing: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close()
})

function later<T extends { close(): unknown }>(each: T): T {
  closing.push(each)
  return each
}

async function openBroker(storage = new MemoryStorage()): Promise<{ broker: Broker; clock: VirtualClock; storage: MemoryStorage }> {
  const clock = new VirtualClock()
  return { broker: later(await Broker.open({ clock, storage })), clock, storage }
}

function database(): OpenSqlite {
  return later(openSqlite(join(newFolder(), 'app.db')))
}

function inTransaction(db: OpenSqlite, work: () => void): void {
  db.exec('BEGIN')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function add(outbox: SqliteOutbox, count: number): void {
  for (let i = 0; i < count; i++) outbox.add({ topic: 'orders', value: String(i) })
}

async function valuesOf(broker: Broker, topic: string): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const { value } of (await broker.topic(topic)).read({ to: 'end', isolation: 'read_committed' })) values.push(value)
  return values
}

describe('an outbox in SQLite', () => {
  test('publishes what was committed, in order, and nothing of what was rolled back', async () => {
    const { broker, clock } = await openBroker()
    const db = database()
    const outbox = new SqliteOutbox(db)
    const relay = later(await OutboxRelay.open(broker, outbox, { clock }))
    db.exec('CREATE TABLE orders (id INTEGER)')
    inTransaction(db, () => {
      db.exec('INSERT INTO orders VALUES (1)')
      outbox.add({ topic: 'orders', key: 'k', value: 'one', headers: { kind: 'new' } })
    })
    const rolledBack = (): void =>
      inTransaction(db, () => {
        outbox.add({ topic: 'orders', value: 'never' })
        throw new Error('no')
      })
    expect(rolledBack).toThrow('no')
    outbox.add({ topic: 'orders', value: new TextEncoder().encode('two') })
    expect(await relay.flush()).toBe(2)
    expect(await relay.flush()).toBe(0)
    for await (const record of (await broker.topic('orders')).read({ limit: 1 })) {
      expect([record.key, record.value, record.headers.text('kind'), record.headers.text('kafkalite.outbox.id')]).toEqual([
        'k',
        'one',
        'new',
        '1',
      ])
    }
    outbox.add({ topic: 'orders', value: 'three' })
    await clock.advance(1000)
    expect(await valuesOf(broker, 'orders')).toEqual(['one', 'two', 'three'])
  })

  test('does not publish rows of a transaction that is open on its own connection', async () => {
    const { broker, clock } = await openBroker()
    const db = database()
    const outbox = new SqliteOutbox(db)
    const relay = later(await OutboxRelay.open(broker, outbox, { clock }))
    db.exec('BEGIN')
    outbox.add({ topic: 'orders', value: 'open' })
    expect(await relay.flush()).toBe(0)
    db.exec('ROLLBACK')
    expect(await relay.flush()).toBe(0)
    expect(await valuesOf(broker, 'orders')).toEqual([])
  })

  test('publishes hundreds of rows in rounds', async () => {
    const { broker, clock } = await openBroker()
    const db = database()
    const outbox = new SqliteOutbox(db)
    const relay = later(await OutboxRelay.open(broker, outbox, { clock }))
    inTransaction(db, () => add(outbox, 350))
    expect(await relay.flush()).toBe(350)
    expect(await valuesOf(broker, 'orders')).toEqual(Array.from({ length: 350 }, (_, i) => String(i)))
  })

  test.each(['before the round', 'before the rows are removed', 'after they were'])(
    'each message is out once after a crash %s',
    async (when) => {
      const { broker, clock, storage } = await openBroker()
      const db = database()
      const outbox = new SqliteOutbox(db)
      let left = 2
      const fails = (): never => {
        throw new Error('crash')
      }
      const crashing: OutboxStore = {
        open: () => outbox.open(),
        read: (limit) => (when === 'before the round' && left-- === 0 ? fails() : outbox.read(Math.min(limit, 100))),
        remove: (ids) => {
          if (when === 'before the rows are removed' && --left === 0) fails()
          outbox.remove(ids)
          if (when === 'after they were' && --left === 0) fails()
        },
      }
      const first = later(await OutboxRelay.open(broker, crashing, { clock }))
      for (let i = 0; i < 350; i++) outbox.add({ topic: 'orders', value: String(i) })
      await expect(first.flush()).rejects.toThrow('crash')
      await broker.close()
      const again = await openBroker(storage)
      const relay = later(await OutboxRelay.open(again.broker, outbox, { clock: again.clock }))
      await relay.flush()
      expect(await valuesOf(again.broker, 'orders')).toEqual(Array.from({ length: 350 }, (_, i) => String(i)))
      expect(outbox.read(1)).toEqual([])
    },
  )

  test('a second relay of the same name takes over, and the first says so and stops', async () => {
    const { broker, clock } = await openBroker()
    const outbox = new SqliteOutbox(database())
    const first = later(await OutboxRelay.open(broker, outbox, { clock }))
    const errors: string[] = []
    first.on('error', ({ code }) => errors.push(code))
    later(await OutboxRelay.open(broker, outbox, { clock, pollMs: 5000 }))
    await clock.advance(10)
    outbox.add({ topic: 'orders', value: 'one' })
    await clock.advance(10_000)
    expect(errors).toEqual(['PRODUCER_FENCED'])
    expect(await valuesOf(broker, 'orders')).toEqual(['one'])
  })
})

test('the outbox in PostgreSQL speaks its dialect', async () => {
  const asked: [string, unknown[] | undefined][] = []
  const rows: OutboxRow[] = [{ id: '7', topic: 't', key: null, value: new Uint8Array([65]) }]
  const client = {
    query: async (text: string, values?: unknown[]) => {
      asked.push([text, values])
      return { rows: text.startsWith('SELECT') ? rows : [] }
    },
  }
  const outbox = new PostgresOutbox(client, 'app.outbox')
  await outbox.open()
  await outbox.add(client, { topic: 't', value: 'A' })
  expect(await outbox.read(10)).toMatchObject([{ id: '7', topic: 't' }])
  await outbox.remove(['7'])
  expect(asked.map(([text]) => text.split(' ').slice(0, 3).join(' '))).toEqual([
    'CREATE TABLE IF',
    'INSERT INTO app.outbox',
    'SELECT id, topic,',
    'DELETE FROM app.outbox',
  ])
  expect(asked[1]?.[1]).toEqual(['t', null, new Uint8Array([65]), null])
  expect(() => new PostgresOutbox(client, 'x; DROP TABLE y')).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

describe('an inbox in SQLite', () => {
  async function counted(broker: Broker, db: OpenSqlite): Promise<void> {
    const inbox = new Inbox(broker, new SqliteInbox(db), { groupId: 'count', topics: ['orders'] })
    await inbox.run((record, tx) => {
      tx.exec(`INSERT INTO seen VALUES (${Number(record.value)})`)
    })
    await broker.group('count').caughtUp()
    await inbox.close()
  }

  const seen = (db: OpenSqlite): unknown[] =>
    (db.prepare('SELECT value FROM seen ORDER BY rowid').all() as { value: number }[]).map(({ value }) => value)

  test('has each effect once, also when the group has forgotten or is ahead of the database', async () => {
    const { broker } = await openBroker()
    const db = database()
    db.exec('CREATE TABLE seen (value INTEGER)')
    const orders = await broker.topic('orders', { partitions: 1 })
    for (let i = 0; i < 5; i++) await orders.send({ value: String(i) })
    await counted(broker, db)
    expect(seen(db)).toEqual([0, 1, 2, 3, 4])
    await broker.group('count').reset('earliest')
    await orders.send({ value: '5' })
    await counted(broker, db)
    expect(seen(db)).toEqual([0, 1, 2, 3, 4, 5])
    // The database is set back to a backup.
    db.exec('DELETE FROM seen WHERE value > 2; UPDATE kafkalite_inbox SET next = 3')
    await orders.send({ value: '6' })
    await counted(broker, db)
    expect(seen(db)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('rolls back an effect that fails, with its place', () => {
    const db = database()
    db.exec('CREATE TABLE seen (value INTEGER)')
    const store = new SqliteInbox(db)
    store.open()
    const place = { groupId: 'g', topic: 't', partition: 0, offset: 4 }
    const failing = (): boolean =>
      store.apply(place, (tx) => {
        tx.exec('INSERT INTO seen VALUES (4)')
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(() => store.apply(place, async () => undefined)).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect([seen(db), store.next(place)]).toEqual([[], null])
    expect(store.apply(place, (tx) => tx.exec('INSERT INTO seen VALUES (4)'))).toBe(true)
    expect(store.apply(place, (tx) => tx.exec('INSERT INTO seen VALUES (4)'))).toBe(false)
    expect([seen(db), store.next(place)]).toEqual([[4], 5])
  })
})
