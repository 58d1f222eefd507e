// The process that is killed: several senders, a queue with a receiver, everything at flush 'always'. Each promise that it was given is
// told over the pipe, in a write that has happened when the next statement runs.
// Arguments: the folder, the number of the round.

import { writeSync } from 'node:fs'
import { Broker } from '../../src/broker.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { LOCK_MS, nameOf, PARTITIONS, QUEUE, SENDERS, TOPIC, valueFor } from './ledger.js'

const [folder = '', round = '0'] = process.argv.slice(2)
const tell = (words: string): void => void writeSync(1, `${words}\n`)

const broker = await Broker.open({ storage: new FileStorage(folder), flush: 'always' })
await broker.topic(TOPIC, { partitions: PARTITIONS, segmentMs: 50 })
const queue = await broker.queue<string>(QUEUE, { lockMs: LOCK_MS, maxDeliveries: 1000 })
const producer = broker.producer()
tell('ready')

async function sendRecords(sender: number): Promise<never> {
  for (let sequence = 0; ; sequence++) {
    const value = valueFor(Number(round), sender, sequence)
    const { partition, offset } = await producer.send(TOPIC, { value, partition: (sender + sequence) % PARTITIONS })
    tell(`record ${partition} ${offset} ${nameOf(value)}`)
  }
}

async function sendMessages(): Promise<never> {
  for (let sequence = 0; ; sequence++) {
    const value = valueFor(Number(round), SENDERS, sequence)
    await queue.send({ value })
    tell(`message ${nameOf(value)}`)
  }
}

async function receiveMessages(): Promise<never> {
  for (;;) {
    for (const message of await queue.receive({ max: 3, timeoutMs: Infinity })) {
      tell(`acknowledging ${nameOf(message.value)}`)
      await message.acknowledge()
      tell(`acknowledged ${nameOf(message.value)}`)
    }
  }
}

await Promise.all([...Array.from({ length: SENDERS }, (_, sender) => sendRecords(sender)), sendMessages(), receiveMessages()])
