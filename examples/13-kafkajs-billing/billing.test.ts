// The tests of the service: each has a broker of its own, in this process, in a few milliseconds. No container, no port to agree on, no
// waiting for a while: `caughtUp` resolves when the service has committed all there is.
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { Broker, json } from 'kafkalite'
import { type Billing, type Order, startBilling } from './billing.js'

interface Invoice {
  readonly order: string
  readonly customer: string
  readonly total: number
}

async function setUp() {
  const broker = await Broker.open()
  onTestFinished(() => broker.close())
  const { address } = await broker.listen()
  const orders = await broker.topic('orders', { partitions: 3, value: json<Order>() })
  const invoices = await broker.topic('invoices', { value: json<Invoice>() })
  const start = (): Promise<Billing> => startBilling(new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }))
  const written = async (): Promise<readonly Invoice[]> => {
    const found: Invoice[] = []
    for await (const { value } of invoices.read({ to: 'end', isolation: 'read_committed' })) if (value) found.push(value)
    return found.sort((a, b) => a.order.localeCompare(b.order))
  }
  return { broker, orders, start, written }
}

const ORDER: Order = {
  customer: 'alice',
  items: [
    { price: 5, count: 2 },
    { price: 1, count: 3 },
  ],
}

test('an order becomes an invoice over its total', async () => {
  const { broker, orders, start, written } = await setUp()
  const billing = await start()
  await orders.send({ key: 'A1', value: ORDER })
  await broker.group('billing').caughtUp()
  await billing.stop()
  expect(await written()).toEqual([{ order: 'A1', customer: 'alice', total: 13 }])
})

test('a service that is started again goes on, and writes no invoice twice', async () => {
  const { broker, orders, start, written } = await setUp()
  for (const keys of [['A1', 'A2', 'A3'], ['A4']]) {
    const billing = await start()
    for (const key of keys) await orders.send({ key, value: ORDER })
    await broker.group('billing').caughtUp()
    await billing.stop()
  }
  expect((await written()).map(({ order }) => order)).toEqual(['A1', 'A2', 'A3', 'A4'])
})
