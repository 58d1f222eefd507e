// What a user does first, through `import`. Prints one line that the test compares with the same program through `require`.
import { Broker, json, KafkaliteError } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

const broker = await Broker.open({ clock: new VirtualClock() })
const orders = await broker.topic('orders', { partitions: 1, value: json() })
await orders.send([
  { key: 'alice', value: { amount: 3 } },
  { key: 'bob', value: { amount: 4 } },
])
let amount = 0
for await (const record of orders.read({ from: 'earliest', to: 'end' })) amount += record.value.amount
await broker.close()
const refused = await broker.topic('late').catch((error) => error)
console.log(amount, KafkaliteError.is(refused, 'CLOSED'))
