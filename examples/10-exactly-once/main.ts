// Reads orders, writes invoices and commits the place in the orders, all in one transaction: the billing fails in the middle of the
// second order and is started again, and every order has exactly one invoice.

import { Broker } from 'kafkalite'

const broker = await Broker.open()
const orders = await broker.topic('orders')
const invoices = await broker.topic('invoices')
for (const order of ['apples', 'pears', 'plums']) await orders.send({ value: order })

async function bill(failAt: string | null): Promise<void> {
  // The id fences whoever billed before and still believes to be the one.
  const producer = broker.producer({ transactionalId: 'billing' })
  const consumer = broker.consumer({ topics: [orders], groupId: 'billing', autoCommit: false, from: 'earliest' })
  let left = (await broker.group('billing').lag()).partitions.find(({ committed }) => committed !== null)?.lag ?? 3
  for await (const order of consumer) {
    await producer.transaction(async (tx) => {
      await tx.send(invoices, { value: `invoice for ${order.value}` })
      if (order.value === failAt) throw new Error(`the printer burns at ${order.value}`)
      tx.commitOffsets(consumer, order)
    })
    left -= 1
    if (left === 0) break
  }
  await producer.close()
}

await bill('pears').catch((error: Error) => console.log(`failed: ${error.message}`))
await bill(null)

for await (const { value } of invoices.read({ to: 'end', isolation: 'read_committed' })) console.log(value)
let written = 0
for await (const _ of invoices.read({ to: 'end' })) written += 1
console.log(`in the log are ${written} invoices, one of an aborted transaction`)
await broker.close()
