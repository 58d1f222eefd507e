// A record that cannot be worked never blocks the others: it is tried again, then put aside in the dead-letter topic with the reason.

import { Broker, json, KafkaliteError, UnrecoverableError } from 'kafkalite'

interface Payment {
  amount: number
}

const broker = await Broker.open()

// A consumer's handler that throws.
const payments = await broker.topic('payments', { value: json<Payment>() })
const till = payments.consumer({ groupId: 'till', from: 'earliest' })
await till.run(
  ({ value }) => {
    if (value && value.amount < 0) throw new Error('less than nothing')
    console.log(`paid ${value?.amount}`)
  },
  { onError: { retries: 2, backoff: [1], afterRetries: 'deadLetter' } },
)
await payments.send([{ value: { amount: 5 } }])
await broker.group('till').caughtUp()
await payments.send([{ value: { amount: -1 } }])
await broker.group('till').caughtUp()
await payments.send([{ value: { amount: 8 } }])
await broker.group('till').caughtUp()

const dead = await broker.topic('payments.dead', { value: json<Payment>() })
for await (const record of dead.read({ from: 'earliest', to: 'end' })) console.log(`put aside: ${record.value?.amount}`)

// The same of a queue: the sender hears of it.
const refunds = await broker.queue<Payment>('refunds')
await refunds.process(({ value }) => {
  if (value.amount > 100) throw new UnrecoverableError('ask the manager')
})
const receipt = await refunds.send({ value: { amount: 500 } })
await receipt.acknowledged.catch((error) => console.log(KafkaliteError.is(error, 'DEAD_LETTERED') ? 'refund of 500 refused' : error))

console.log(`dead letters: ${(await refunds.counts()).dead}`)
await broker.close()
