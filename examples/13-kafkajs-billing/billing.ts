// A service as many have it: it reads orders with kafkajs and writes an invoice for each, both in one transaction. It knows nothing of
// kafkalite; billing.test.ts hands it the address of a broker in the process of the test.
import type { Kafka } from 'kafkajs'

export interface Order {
  readonly customer: string
  readonly items: readonly { readonly price: number; readonly count: number }[]
}

export interface Billing {
  stop(): Promise<void>
}

const totalOf = ({ items }: Order): number => items.reduce((sum, { price, count }) => sum + price * count, 0)

/** Writes an invoice to `invoices` for each order of `orders`, once, also when it is stopped in the middle and started again. */
export async function startBilling(kafka: Kafka): Promise<Billing> {
  const groupId = 'billing'
  const consumer = kafka.consumer({ groupId })
  const producer = kafka.producer({ transactionalId: groupId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      const order = JSON.parse(String(message.value)) as Order
      const invoice = JSON.stringify({ order: String(message.key), customer: order.customer, total: totalOf(order) })
      const transaction = await producer.transaction()
      try {
        await transaction.send({ topic: 'invoices', messages: [{ key: order.customer, value: invoice }] })
        const next = String(Number(message.offset) + 1)
        await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions: [{ partition, offset: next }] }] })
        await transaction.commit()
      } catch (error) {
        await transaction.abort()
        throw error
      }
    },
  })
  return {
    stop: async () => {
      await consumer.disconnect()
      await producer.disconnect()
    },
  }
}
