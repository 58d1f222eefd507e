// A log keeps what was read. A new reader starts where it likes: at the beginning, at an offset, at a time; a group is set back after a bug.

import { Broker } from 'kafkalite'

const broker = await Broker.open()
// These records are older than the 7 days that a topic keeps its records for by default.
const visits = await broker.topic('visits', { retentionMs: -1 })
for (const day of [1, 2, 3, 4, 5]) await visits.send({ value: `visit of March ${day}`, timestamp: new Date(Date.UTC(2026, 2, day)) })

async function show(title: string, reading: AsyncIterable<{ value: string | null }>): Promise<void> {
  const values: string[] = []
  for await (const { value } of reading) values.push(value?.replace('visit of ', '') ?? '')
  console.log(`${title}: ${values.join(', ')}`)
}
await show('from the beginning', visits.read({ from: 'earliest', to: 'end' }))
await show('from offset 3', visits.read({ from: { offset: 3 }, to: 'end' }))
await show('from March 2 to March 4', visits.read({ from: new Date(Date.UTC(2026, 2, 2)), to: new Date(Date.UTC(2026, 2, 4)) }))
console.log(`the first offset of March 4 is ${await visits.partition(0).offsetAt(new Date(Date.UTC(2026, 2, 4)))}`)

async function count(): Promise<number> {
  let counted = 0
  const counter = visits.consumer({ groupId: 'counter', from: 'earliest' })
  await counter.run(() => {
    counted += 1
  })
  await broker.group('counter').caughtUp()
  await counter.close()
  return counted
}
console.log(`the group counted ${await count()}, then ${await count()}`)
await broker.group('counter').reset(new Date(Date.UTC(2026, 2, 4)))
console.log(`set back to March 4 it counted ${await count()}`)
await broker.close()
