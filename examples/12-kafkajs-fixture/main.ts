// A broker for the tests of a service that speaks kafkajs: it is there in milliseconds, in the process of the test, and can be looked
// into from both sides. In vitest the first lines stand in beforeEach, the last one in afterEach.

import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'kafkalite'

const broker = await Broker.open()
const { address } = await broker.listen()

// What is tested: it only knows the address.
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: 'billing' })
await consumer.connect()
await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
const billed = new Promise<string>((resolve) => {
  void consumer.run({ eachMessage: async ({ message }) => resolve(`${message.key} paid ${message.value}`) })
})

// The test sends from inside, without a client of Kafka ...
const orders = await broker.topic('orders')
await orders.send({ key: 'alice', value: '12 EUR' })
console.log(await billed)

// ... and looks at what the service has done: the offsets that it committed, its group, its topics.
await consumer.disconnect()
const { total } = await broker.group('billing').lag()
console.log(`billing is ${total} behind`)
await broker.close()
