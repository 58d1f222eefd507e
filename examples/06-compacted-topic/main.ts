// A topic that keeps the last value of each key: a table that is a log. A reader from the beginning learns the state, then every change.

import { Broker } from 'kafkalite'

const broker = await Broker.open()
const seats = await broker.topic('seats', { cleanupPolicy: 'compact' })
broker.on('cleaned', ({ topic, cleanedTo }) => console.log(`${topic} was cleaned up to offset ${cleanedTo}`))

await seats.send([
  { key: '12A', value: 'free' },
  { key: '12B', value: 'free' },
  { key: '12A', value: 'held by alice' },
  { key: '12A', value: 'sold to alice' },
  // A tombstone: the seat is not there any more.
  { key: '12B', value: null },
])
await seats.cleanUp() // it comes by itself; here it comes now
for await (const { offset, key, value } of seats.read({ to: 'end' })) console.log(`offset ${offset}: ${key} ${value ?? 'is gone'}`)
await broker.close()
