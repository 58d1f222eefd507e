// A broker with a listener and clients on it, all closed when the test ends.
import { onTestFinished } from 'vitest'
import { Broker, type Listener } from 'kafkalite'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { Outgoing } from '../../src/protocol/message.js'
import { type ProduceRequest, type ProduceResponse, produceRequest, produceResponse } from '../../src/protocol/messages/00-produce.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { WireClient } from './wire-client.js'

export interface Served {
  readonly broker: Broker
  readonly listener: Listener
  /** A further connection. */
  client(): Promise<WireClient>
}

export function serve(options?: Parameters<Broker['listen']>[0]): Promise<Served> {
  return serveOn({}, options)
}

/** The same with a broker of these options. */
export async function serveOn(given: Parameters<typeof Broker.open>[0], options?: Parameters<Broker['listen']>[0]): Promise<Served> {
  const broker = await Broker.open(given)
  const clients: WireClient[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await broker.close()
  })
  const listener = await broker.listen(options)
  const client = async (): Promise<WireClient> => {
    const connected = await WireClient.connect(listener)
    clients.push(connected)
    return connected
  }
  return { broker, listener, client }
}

/** One batch with a record for each value, as a producer packs it. */
export function batchOf(...values: readonly string[]): Uint8Array {
  const writer = new BatchWriter({ slabBytes: 65_536 })
  for (const value of values) writer.append(null, value, 1_000, null)
  return new Uint8Array(writer.finish().bytes)
}

export function produceBody(topic: string, records: Uint8Array, acks = -1): Outgoing<ProduceRequest> {
  return { acks, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] }
}

/** Produces to partition 0, after asking where the topic is as clients do, which creates it; answers what the partition says. */
export async function produceTo(
  client: WireClient,
  topic: string,
  records: Uint8Array,
  version = 9,
): Promise<ProduceResponse['responses'][number]['partitionResponses'][number]> {
  await client.call(metadataRequest, metadataResponse, 4, { topics: [{ name: topic }], allowAutoTopicCreation: true })
  const answer = await client.call(produceRequest, produceResponse, version, produceBody(topic, records))
  const partition = answer.responses[0]?.partitionResponses[0]
  if (partition === undefined) throw new Error('No partition was answered')
  return partition
}
