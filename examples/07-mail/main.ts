// Two modules of one program: one asks, the other answers. Letters are tried again, those that cannot be sent become dead letters, and
// are sent back to the queue when the cause is mended.

import { Broker, UnrecoverableError } from 'kafkalite'

interface Letter {
  to: string
}

const broker = await Broker.open()
const known = new Set(['alice', 'bob'])

/** The module that sends letters knows nothing of who asks. */
async function postOffice(): Promise<void> {
  const mail = await broker.queue<Letter, string>('mail', { maxDeliveries: 3, backoff: [10], order: 'key' })
  mail.on('released', (message, error) => console.log(`${message.value.to}: ${(error as Error).message}, again`))
  await mail.process(
    ({ value, deliveryCount }) => {
      if (!known.has(value.to)) throw new UnrecoverableError(`nobody is called ${value.to}`)
      if (value.to === 'bob' && deliveryCount < 3) throw new Error('the line is busy')
      return `sent to ${value.to} at attempt ${deliveryCount}`
    },
    { concurrency: 8 },
  )
}

/** The module that asks waits for the reply, or for the reason why there is none. */
async function welcome(to: string): Promise<string> {
  const mail = await broker.queue<Letter, string>('mail', { maxDeliveries: 3, backoff: [10], order: 'key' })
  const receipt = await mail.send({ value: { to }, key: to, id: `welcome-${to}` })
  return receipt.acknowledged.catch((error: Error) => error.message)
}

await postOffice()
console.log(await welcome('alice'))
console.log(await welcome('bob'))
console.log(await welcome('zoe'))

known.add('zoe')
const mail = await broker.queue<Letter, string>('mail', { maxDeliveries: 3, backoff: [10], order: 'key' })
console.log('sent back:', await mail.redrive({ filter: ({ value }) => known.has(value.to) }))
await mail.drained()
console.log('left:', JSON.stringify(await mail.counts()))
await broker.close()
