// A log in a folder: write, close, open again, read from the beginning.

import { Broker, FileStorage, json } from 'kafkalite'

interface Order {
  customer: string
  total: number
}

async function write(): Promise<void> {
  const broker = await Broker.open({ storage: new FileStorage('./data') })
  const orders = await broker.topic('orders', { value: json<Order>() })
  const first = await orders.send({ key: 'alice', value: { customer: 'alice', total: 30 } })
  console.log(`written to partition ${first.partition} at offset ${first.offset}`)
  await orders.send([
    { key: 'bob', value: { customer: 'bob', total: 12 } },
    { key: 'alice', value: { customer: 'alice', total: 7 } },
  ])
  await broker.close()
}

async function read(): Promise<void> {
  const broker = await Broker.open({ storage: new FileStorage('./data') })
  const orders = await broker.topic('orders', { value: json<Order>() })
  for await (const record of orders.read({ from: 'earliest', to: 'end' })) {
    console.log(`${record.offset}: ${record.key} ${record.value?.total}`)
  }
  await broker.close()
}

await write()
await read()
