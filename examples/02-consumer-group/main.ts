// Two members of a group share the partitions of a topic: each record goes to one of them, and records of one key stay in order.
// A subscriber without a group sees all of them.

import { Broker } from 'kafkalite'

const broker = await Broker.open()
const steps = await broker.topic('steps', { partitions: 4 })

const seen = new Map<string, string[]>()
const membersOf = new Map<string, Set<string>>()
const members = ['first', 'second'].map((name) => ({ name, consumer: steps.consumer({ groupId: 'workers', from: 'earliest' }) }))
for (const { name, consumer } of members) {
  await consumer.run((record) => {
    const key = record.key ?? ''
    seen.set(key, [...(seen.get(key) ?? []), record.value ?? ''])
    membersOf.set(key, (membersOf.get(key) ?? new Set()).add(name))
  })
}
await broker.group('workers').ready({ members: 2 })
console.log('partitions of each member:', members.map(({ consumer }) => consumer.assignment().length).join(' and '))

for (const step of ['ordered', 'paid', 'sent']) {
  for (const key of ['ann', 'ben', 'cleo', 'dora']) await steps.send({ key, value: step })
}
await broker.group('workers').caughtUp()

for (const [key, values] of [...seen].sort()) console.log(`${key}: ${values.join(', ')} (by ${membersOf.get(key)?.size} member)`)

let all = 0
for await (const _ of steps.read({ from: 'earliest', to: 'end' })) all += 1
console.log(`a subscriber without a group sees all ${all}`)
await broker.close()
