// The second version of the transaction protocol (KIP-890), with raw frames: partitions and groups come in by themselves, and every end
// gives the producer another epoch.
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { produceRequest, produceResponse } from '../../src/protocol/messages/00-produce.js'
import { apiVersionsRequest, apiVersionsResponse } from '../../src/protocol/messages/18-api-versions.js'
import { initProducerIdRequest, initProducerIdResponse } from '../../src/protocol/messages/22-init-producer-id.js'
import { endTxnRequest, endTxnResponse } from '../../src/protocol/messages/26-end-txn.js'
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from '../../src/protocol/messages/28-txn-offset-commit.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { serve } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

const transactionalId = 'tx'

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

const begin = (client: WireClient): Promise<Identity> =>
  client.call(initProducerIdRequest, initProducerIdResponse, 5, {
    transactionalId,
    transactionTimeoutMs: 60_000,
    producerId: -1,
    producerEpoch: -1,
  })

async function produce(
  client: WireClient,
  topicId: string,
  { producerId, producerEpoch }: Identity,
  value: string,
  sequence = 0,
  version = 13,
): Promise<number> {
  const writer = new BatchWriter({ slabBytes: 65_536 })
  writer.append(null, value, 1_000, null)
  const batch = writer.finish({ producerId, producerEpoch, baseSequence: sequence, transactional: true })
  const partitionData = [{ index: 0, records: new Uint8Array(batch.bytes) }]
  const topicData = [{ name: version < 13 ? 'orders' : '', topicId, partitionData }]
  const answer = await client.call(produceRequest, produceResponse, version, { transactionalId, acks: -1, timeoutMs: 1000, topicData })
  return answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1
}

const end = (client: WireClient, identity: Identity, committed: boolean, version = 5) =>
  client.call(endTxnRequest, endTxnResponse, version, { transactionalId, ...identity, committed })

test('the broker says that it can', async () => {
  const { client } = await serve()
  const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const { finalizedFeatures, finalizedFeaturesEpoch } = await (await client()).call(apiVersionsRequest, apiVersionsResponse, 4, names)
  expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
  expect(finalizedFeatures).toEqual(
    expect.arrayContaining([
      { name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 },
      { name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 },
      { name: 'share.version', maxVersionLevel: 1, minVersionLevel: 1 },
    ]),
  )
})

test('a partition comes in with its first batch, and each end gives another epoch', async () => {
  const { broker, client } = await serve()
  const topic = await broker.topic('orders')
  const one = await client()
  const first = await begin(one)
  expect(await produce(one, topic.id, first, 'a')).toBe(0)
  const committed = await end(one, first, true)
  expect(committed).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: first.producerEpoch + 1 })
  expect(await end(one, first, true)).toMatchObject({ errorCode: 0, producerEpoch: first.producerEpoch + 1 })
  expect(await produce(one, topic.id, first, 'late')).toBe(ERROR_CODES.INVALID_PRODUCER_EPOCH)
  expect(await produce(one, topic.id, committed, 'b', 3)).toBe(ERROR_CODES.OUT_OF_ORDER_SEQUENCE_NUMBER)
  expect(await produce(one, topic.id, committed, 'b')).toBe(0)
  const aborted = await end(one, committed, false)
  expect(aborted).toMatchObject({ errorCode: 0, producerEpoch: first.producerEpoch + 2 })
  const values: string[] = []
  for await (const { value } of topic.read({ to: 'end', isolation: 'read_committed' })) values.push(String(value))
  expect(values).toEqual(['a'])
})

test('nothing is aborted as well as something, and not committed', async () => {
  const { client } = await serve()
  const one = await client()
  const first = await begin(one)
  expect((await end(one, first, true)).errorCode).toBe(ERROR_CODES.INVALID_TXN_STATE)
  const aborted = await end(one, first, false)
  expect(aborted).toMatchObject({ errorCode: 0, producerEpoch: first.producerEpoch + 1 })
})

test('a group comes in with its offsets', async () => {
  const { broker, client } = await serve()
  const topic = await broker.topic('orders')
  const one = await client()
  const first = await begin(one)
  expect(await produce(one, topic.id, first, 'a')).toBe(0)
  const offsets = { groupId: 'billing', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }] }
  const answer = await one.call(txnOffsetCommitRequest, txnOffsetCommitResponse, 5, {
    transactionalId,
    ...first,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    ...offsets,
  })
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
  expect((await end(one, first, true)).errorCode).toBe(0)
  // What is left is the marker.
  expect((await broker.group('billing').lag()).total).toBe(1)
})

test('a client of the first version goes on by its rules', async () => {
  const { broker, client } = await serve()
  const topic = await broker.topic('orders')
  const one = await client()
  const first = await begin(one)
  expect(await produce(one, topic.id, first, 'a', 0, 11)).toBe(ERROR_CODES.TRANSACTION_ABORTABLE)
  expect((await end(one, first, false, 4)).errorCode).toBe(ERROR_CODES.INVALID_TXN_STATE)
  expect(await produce(one, 'AAAAAAAAAAAAAAAAAAAAAQ', first, 'a')).toBe(ERROR_CODES.UNKNOWN_TOPIC_ID)
})
