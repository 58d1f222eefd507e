// A user's program that is compiled, not run: the types of the package as a strict compiler of the user's own choice sees them.
import { Broker, FileStorage, json, KafkaliteError, MemoryStorage } from 'kafkalite'
import type { ConsumerRecord, ErrorCode } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

interface Order {
  readonly id: string
  readonly amount: number
}

/** Everything a first program touches, with the types it relies on written out. */
export async function useEverything(folder: string): Promise<number> {
  const broker = await Broker.open({ storage: folder === '' ? new MemoryStorage() : new FileStorage(folder), clock: new VirtualClock() })
  broker.on('error', (error) => console.error(error.code))
  const orders = await broker.topic('orders', { partitions: 2, value: json<Order>() })
  const { partition, offset } = await broker.producer().send(orders, { key: 'alice', value: { id: 'a', amount: 1 } })
  // @ts-expect-error an order has an amount
  await orders.send({ key: 'alice', value: { id: 'b' } })
  let total: number = partition + offset
  const consumer = broker.consumer({ groupId: 'billing', topics: [orders] })
  const add = (record: ConsumerRecord<Order>): void => {
    total += record.value?.amount ?? 0
  }
  const { done } = await consumer.run((record) => add(record), { concurrency: 4 })
  const mail = await broker.queue<{ to: string }, number>('mail', { maxDeliveries: 5, lockMs: 30_000 })
  await mail.process(async (message) => message.value.to.length)
  const receipt = await mail.send({ value: { to: 'bob' } })
  total += await receipt.acknowledged
  await broker.close()
  await done
  return total
}

/** An error is matched on its code, which is one of a closed list. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return KafkaliteError.is(error, 'DISK_FULL', 'CLOSED') ? error.code : undefined
}
