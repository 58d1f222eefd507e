// A broker on a storage of one's own: what one broker wrote, another one at the same place reads.

import { Broker } from 'kafkalite'
import { KeyValueStorage } from './key-value-storage.js'

const place = new Map<string, Uint8Array>()

const writer = await Broker.open({ storage: new KeyValueStorage(place) })
const notes = await writer.topic('notes', { partitions: 1 })
await notes.send([
  { key: 'a', value: 'bytes under keys' },
  { key: 'b', value: 'are all it takes' },
])
await writer.close()

console.log(
  [...place.keys()]
    .filter((key) => key.startsWith('notes-0/'))
    .sort()
    .join('\n'),
)

const reader = await Broker.open({ storage: new KeyValueStorage(place) })
const again = await reader.topic('notes')
for await (const record of again.read({ from: 'earliest', to: 'end' })) console.log(`${record.offset}: ${record.key} ${record.value}`)
await reader.close()
