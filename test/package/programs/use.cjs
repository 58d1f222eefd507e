// What a user does first, through `require`: the same program as use.mjs.
const { Broker, json, KafkaliteError } = require('kafkalite')
const { VirtualClock } = require('kafkalite/testing')

async function main() {
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
}

main()
