// Makes kafka-folder/ anew: a node of Apache Kafka writes two topics with everything that shapes its files, is stopped, and leaves its
// log folders here, with what its console consumer was given beside them.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consume } from '../kafka/console-consumer.js'
import { KafkaNode } from '../kafka/kafka-node.js'
import { type JsRecord, withProducer } from '../kafka/kafkajs.js'
import { install } from '../kafka/tools.js'

const START = 1_700_000_000_000
const target = fileURLToPath(new URL('kafka-folder/', import.meta.url))
const place = fs.mkdtempSync(join(tmpdir(), 'kafkalite-capture-'))

function messages(count: number, from: number): JsRecord[] {
  return Array.from({ length: count }, (_, n): JsRecord => {
    const i = from + n
    const headers = { number: `${i}`, accent: 'é' }
    return {
      key: i % 3 === 0 ? null : `key${i}`,
      value: i % 5 === 0 ? null : `value ${i} ü€𝄞 ${'x'.repeat(150)}`,
      timestamp: String(START + i * 100),
      ...(i % 2 === 0 ? { headers } : {}),
    }
  })
}

const tools = await install()
let node = await KafkaNode.start(tools, place)
await node.createTopic('orders', { 'segment.ms': 2000, 'retention.ms': -1 })
await node.createTopic('accounts', { 'retention.ms': -1 })
await withProducer(tools, node.address, { idempotent: true }, async (producer) => {
  for (let n = 0; n < 60; n += 6) {
    await producer.send({ topic: 'orders', compression: n % 12 === 0 ? 0 : 1, messages: messages(6, n) })
  }
})
await withProducer(tools, node.address, { idempotent: true, transactionalId: 'teller', maxInFlightRequests: 1 }, async (producer) => {
  for (let n = 0; n < 4; n++) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'accounts', messages: messages(3, n * 3) })
    await (n % 2 === 1 ? transaction.abort() : transaction.commit())
  }
})
const read = {
  'orders-0': await consume(node, { topic: 'orders', count: 60 }),
  'accounts-0': await consume(node, { topic: 'accounts', count: 12 }),
  'accounts-0 committed': await consume(node, { topic: 'accounts', count: 6, isolation: 'read_committed' }),
}
await node.stop()
// The second start and stop leave the files as they are after a recovery that had nothing to do.
node = await KafkaNode.start(tools, place)
await node.stop()
fs.rmSync(target, { recursive: true, force: true })
for (const log of ['orders-0', 'accounts-0']) fs.cpSync(node.log(log), join(target, log), { recursive: true })
fs.writeFileSync(join(target, 'as-kafka-reads.json'), `${JSON.stringify(read, null, 1)}\n`)
fs.rmSync(place, { recursive: true, force: true })
