// The outbox and the inbox on a PostgreSQL server, through node-postgres.

import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { Broker, MemoryStorage } from 'kafkalite'
import { Inbox, OutboxRelay, type PostgresClient, PostgresInbox, PostgresOutbox } from 'kafkalite/outbox'
import { startPostgres } from './server.js'

const EVENTS = 200

async function openPool(): Promise<pg.Pool> {
  const { host, port, user, stop } = await startPostgres()
  const pool = new pg.Pool({ host, port, user, database: 'postgres', max: 8 })
  onTestFinished(async () => {
    await pool.end()
    await stop()
  })
  return pool
}

async function openBroker(storage = new MemoryStorage()): Promise<Broker> {
  const broker = await Broker.open({ storage })
  onTestFinished(() => broker.close())
  return broker
}

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await work(client)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

async function valuesOf(broker: Broker, name: string): Promise<string[]> {
  const values: string[] = []
  const topic = await broker.topic(name)
  for await (const { value } of topic.read({ to: 'end', isolation: 'read_committed' })) values.push(String(value))
  return values
}

test('what is committed goes out once, and what is rolled back does not, however transactions overlap', async () => {
  const pool = await openPool()
  const broker = await openBroker()
  const outbox = new PostgresOutbox(pool)
  await using relay = await OutboxRelay.open(broker, outbox)
  const write = async (at: number): Promise<void> => {
    const isCommitted = at % 5 !== 0
    const writing = inTransaction(pool, async (client) => {
      await outbox.add(client, { topic: 'events', key: 'k', value: String(at), headers: { at: String(at) } })
      await client.query('SELECT pg_sleep($1)', [(at % 7) / 1000])
      if (!isCommitted) throw new Error('rolled back')
    })
    await (isCommitted ? writing : expect(writing).rejects.toThrow('rolled back'))
  }
  const writing = Promise.all(Array.from({ length: EVENTS }, (_, at) => write(at)))
  for (let round = 0; round < 20; round++) await relay.flush()
  await writing
  await relay.flush()
  const expected = Array.from({ length: EVENTS }, (_, at) => at).filter((at) => at % 5 !== 0)
  expect((await valuesOf(broker, 'events')).map(Number).sort((a, b) => a - b)).toEqual(expected)
  expect((await pool.query('SELECT count(*)::int AS left FROM kafkalite_outbox')).rows).toEqual([{ left: 0 }])
})

test('a row that was published and not removed is not published again, by a relay that comes later', async () => {
  const pool = await openPool()
  const storage = new MemoryStorage()
  const outbox = new PostgresOutbox(pool)
  let isLost = true
  const forgetful = Object.assign(Object.create(outbox) as PostgresOutbox, {
    remove: async (ids: readonly string[]): Promise<void> => {
      if (isLost) throw new Error('the connection was lost')
      await outbox.remove(ids)
    },
  })
  const broker = await openBroker(storage)
  const first = await OutboxRelay.open(broker, forgetful)
  await outbox.add(pool, { topic: 'events', value: new Uint8Array([0xff, 0x00, 0x31]) })
  await expect(first.flush()).rejects.toThrow('the connection was lost')
  await first.close().catch(() => undefined)
  isLost = false
  await using second = await OutboxRelay.open(broker, forgetful)
  await second.flush()
  const topic = await broker.topic('events')
  expect(await topic.partition(0).endOffset()).toBeGreaterThan(0)
  const seen: unknown[] = []
  for await (const { valueBytes } of topic.read({ to: 'end', isolation: 'read_committed' })) seen.push([...(valueBytes ?? [])])
  expect(seen).toEqual([[0xff, 0x00, 0x31]])
})

test('an effect in the database happens once for each record, also when an effect fails and another inbox goes on', async () => {
  const pool = await openPool()
  await pool.query('CREATE TABLE effects (value TEXT)')
  const broker = await openBroker()
  const topic = await broker.topic('events', { partitions: 3 })
  await topic.send(Array.from({ length: EVENTS }, (_, at) => ({ key: `key-${at % 10}`, value: String(at) })))
  let failures = 10
  const effect = async (record: { value: string | null }, tx: PostgresClient): Promise<void> => {
    await tx.query('INSERT INTO effects VALUES ($1)', [record.value])
    if (failures-- > 0) throw new Error('not this time')
  }
  for (let life = 0; life < 2; life++) {
    await using inbox = new Inbox<PostgresClient, string>(broker, new PostgresInbox(pool), { groupId: 'effects', topics: [topic] })
    await inbox.run(effect)
    await broker.group('effects').caughtUp()
    // The second is sent back to the beginning by its group, and by the database to where that stands.
    if (life === 0) await inbox.close()
    if (life === 0) await broker.group('effects').reset('earliest')
  }
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM effects')
  expect(rows.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, at) => at))
})
