// Point to point: each message goes to one receiver, is tried again when the receiver fails, and the sender gets a receipt.

import { Broker } from 'kafkalite'

interface Letter {
  to: string
}

const broker = await Broker.open()
const mail = await broker.queue<Letter, string>('mail', { maxDeliveries: 3, backoff: [10] })

await mail.process(
  ({ value, deliveryCount }) => {
    if (value.to === 'bob' && deliveryCount === 1) throw new Error('the line is busy')
    return `sent to ${value.to} at attempt ${deliveryCount}`
  },
  { concurrency: 2 },
)

const receipts = await mail.send([{ value: { to: 'alice' } }, { value: { to: 'bob' } }, { value: { to: 'carol' }, delayMs: 20 }])
for (const receipt of receipts) console.log(await receipt.acknowledged)

// From anywhere else in the program, by the id that the sender gave.
await mail.send({ value: { to: 'dora' }, id: 'welcome-dora' })
console.log(await mail.acknowledged('welcome-dora'))

await mail.drained()
console.log('left in the queue:', JSON.stringify(await mail.counts()))
await broker.close()
