// Log folders that a node of Apache Kafka left (see README.md beside this file), opened by the storage and by a broker.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Broker, FileStorage } from 'kafkalite'
import { afterEach, describe, expect, test } from 'vitest'
import { batchesOf, readable, type ReadableRecord } from '../kafka/readable-record.js'

const captured = fileURLToPath(new URL('kafka-folder/', import.meta.url))
const asKafkaReads = JSON.parse(fs.readFileSync(join(captured, 'as-kafka-reads.json'), 'utf8')) as Record<string, ReadableRecord[]>
const made: string[] = []

/** A data folder with copies of the log folders: opening a log may write indexes. */
function dataFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-captured-'))
  made.push(folder)
  for (const log of ['orders-0', 'accounts-0']) fs.cpSync(join(captured, log), join(folder, log), { recursive: true })
  return folder
}

/** Every file that Kafka left, by its path and contents. */
function filesIn(folder: string): Map<string, string> {
  const paths = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => fs.statSync(join(folder, name)).isFile())
  return new Map(paths.map((name) => [name, fs.readFileSync(join(folder, name), 'hex')]))
}

afterEach(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

describe('a folder that Kafka wrote', () => {
  test.each(['orders-0', 'accounts-0'])('holds the records that Kafka gives its consumers: %s', async (log) => {
    expect(readable(await batchesOf(dataFolder(), log))).toEqual(asKafkaReads[log])
  })

  test('holds the marks of its transactions', async () => {
    const batches = await batchesOf(dataFolder(), 'accounts-0')
    expect(batches.filter(({ isControl }) => isControl).map(({ baseOffset }) => baseOffset)).toEqual([3, 7, 11, 15])
    expect(batches.filter(({ isTransactional, isControl }) => isTransactional && !isControl)).toHaveLength(4)
  })

  test('is found by a broker, which keeps its records however old they are and writes on behind them', async () => {
    const folder = dataFolder()
    for (const round of [0, 1]) {
      const broker = await Broker.open({ storage: new FileStorage(folder) })
      const topics = (await broker.topics()).filter(({ internal }) => !internal)
      expect(topics.map(({ name, partitions, config }) => [name, partitions, config.retentionMs]).sort()).toEqual([
        ['accounts', 1, -1],
        ['orders', 1, -1],
      ])
      const orders = await broker.topic('orders')
      expect((await orders.send({ value: `round ${round}` })).offset).toBe(60 + round)
      await broker.close()
    }
    const records = readable(await batchesOf(folder, 'orders-0'))
    expect(records.slice(0, 60)).toEqual(asKafkaReads['orders-0'])
    expect(records.slice(60).map(({ value }) => value)).toEqual(['round 0', 'round 1'])
  })

  test('keeps every file of Kafka that kafkalite has no use for', async () => {
    const folder = dataFolder()
    const before = filesIn(folder)
    const broker = await Broker.open({ storage: new FileStorage(folder) })
    await broker.close()
    const after = filesIn(folder)
    const isOurs = /\.(time)?index$|leader-epoch-checkpoint$/
    for (const [name, contents] of before) if (!isOurs.test(name)) expect([name, after.get(name)]).toEqual([name, contents])
  })

  test('goes on in a new leader epoch, above those that Kafka gave, as a node of Kafka that starts', async () => {
    const folder = dataFolder()
    const epochs = (): string => fs.readFileSync(join(folder, 'orders-0', 'leader-epoch-checkpoint'), 'utf8')
    expect(epochs()).toBe('0\n2\n0 0\n2 60\n')
    for (const round of [0, 1]) {
      const broker = await Broker.open({ storage: new FileStorage(folder) })
      await (await broker.topic('orders')).send({ value: `round ${round}` })
      await broker.close()
      expect(epochs()).toBe('0\n2\n0 0\n3 60\n')
    }
    expect((await batchesOf(folder, 'orders-0')).slice(-2).map(({ leaderEpoch }) => leaderEpoch)).toEqual([3, 3])
  })

  test('with an index set ahead with zeros and a tail of zeros, as a killed node leaves them, holds the same', async () => {
    const folder = dataFolder()
    const last = join(folder, 'orders-0', '00000000000000000048')
    fs.truncateSync(`${last}.index`, 10_485_760)
    fs.truncateSync(`${last}.timeindex`, 10_485_756)
    fs.truncateSync(`${last}.log`, fs.statSync(`${last}.log`).size + 4096)
    expect(readable(await batchesOf(folder, 'orders-0'))).toEqual(asKafkaReads['orders-0'])
  })

  test('is nothing to a broker when it is empty, since a creation that a crash cut short leaves the same', async () => {
    const folder = dataFolder()
    fs.mkdirSync(join(folder, 'empty-0'))
    fs.writeFileSync(join(folder, 'empty-0', '00000000000000000000.log'), '')
    const broker = await Broker.open({ storage: new FileStorage(folder) })
    expect((await broker.topics()).filter(({ internal }) => !internal).map(({ name }) => name)).not.toContain('empty')
    await broker.close()
  })

  test('of only the third partition becomes a topic of three', async () => {
    const folder = dataFolder()
    fs.renameSync(join(folder, 'orders-0'), join(folder, 'orders-2'))
    const broker = await Broker.open({ storage: new FileStorage(folder) })
    const orders = await broker.topic('orders', { partitions: 3 })
    expect((await orders.send({ value: 'next', partition: 2 })).offset).toBe(60)
    expect((await orders.send({ value: 'first', partition: 0 })).offset).toBe(0)
    await broker.close()
  })
})
