// One record on its way from a send to a commit, and every hop it passes. docs/one-record.md tells the same way and quotes the
// lines that are collected here.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Broker, json, type LogAppend, MemoryStorage, type Serde } from 'kafkalite'

interface Order {
  total: number
}

/** Memory that tells what is appended to the log of the topic. */
class TellingStorage extends MemoryStorage {
  constructor(private readonly tell: (line: string) => void) {
    super()
  }

  override log(...args: Parameters<MemoryStorage['log']>): ReturnType<MemoryStorage['log']> {
    const log = super.log(...args)
    if (!log.name.startsWith('orders-')) return log
    const append = log.append.bind(log)
    log.append = (batches) => {
      for (const { count, baseOffset } of batches) this.tell(`storage: log ${log.name} takes a batch of ${count} at offset ${baseOffset}`)
      return append(batches)
    }
    return log
  }

  override commit(appends: readonly LogAppend[]): ReturnType<MemoryStorage['commit']> {
    for (const { log, batches } of appends) {
      if (log.name.startsWith('orders-'))
        for (const { count, baseOffset } of batches) this.tell(`storage: log ${log.name} takes a batch of ${count} at offset ${baseOffset}`)
    }
    return super.commit(appends)
  }
}

async function follow(): Promise<string[]> {
  const hops: string[] = []
  const tell = (line: string): void => void hops.push(line)
  const order = json<Order>()
  const value: Serde<Order> = {
    encode: (given, context) => {
      tell(`serde: a value for topic ${context.topic} becomes bytes`)
      return order.encode(given, context)
    },
    decode: (bytes, context) => {
      tell(`serde: ${bytes.length} bytes become a value`)
      return order.decode(bytes, context)
    },
  }
  await using broker = await Broker.open({ storage: new TellingStorage(tell) })
  const orders = await broker.topic('orders', { partitions: 3, value })
  const consumer = orders.consumer({ groupId: 'billing', from: 'earliest', autoCommit: false })
  const producer = broker.producer({
    partitioner: ({ key }, partitions) => {
      tell(`partitioner: a key of ${key?.length} bytes, ${partitions} partitions`)
      return 1
    },
  })
  const { partition, offset } = await producer.send(orders, { key: 'alice', value: { total: 30 } })
  tell(`producer: acknowledged as ${partition}@${offset}`)
  const [record] = await consumer.poll()
  tell(`consumer: got ${record?.partition}@${record?.offset}, nothing decoded yet`)
  tell(`consumer: ${record?.key} ordered for ${record?.value?.total}`)
  await consumer.commit(record)
  const [committed] = await consumer.committed()
  tell(`group: next to read in ${committed?.topic}-${committed?.partition} is ${committed?.offset}`)
  return hops
}

test('a record passes these hops, in this order', async () => {
  const hops = await follow()
  expect(hops).toEqual([
    'serde: a value for topic orders becomes bytes',
    'partitioner: a key of 5 bytes, 3 partitions',
    'storage: log orders-1 takes a batch of 1 at offset 0',
    'producer: acknowledged as 1@0',
    'consumer: got 1@0, nothing decoded yet',
    'serde: 12 bytes become a value',
    'consumer: alice ordered for 30',
    'group: next to read in orders-1 is 1',
  ])
})

test('docs/one-record.md quotes what the record passes', async () => {
  const page = readFileSync(new URL('../../docs/one-record.md', import.meta.url), 'utf8')
  expect(page).toContain((await follow()).join('\n'))
})
