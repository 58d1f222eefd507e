// Metadata of topics by their ids: from version 12 on; before, it is refused as Kafka refuses it, and what is wrong ends nothing.
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { serveOn } from './server-fixture.js'

test('a topic is described by its id, and refused by it before version 12', async () => {
  const { broker, client: connect } = await serveOn({})
  await broker.topic('orders')
  const client = await connect()
  const describe = (version: number, name: string | null, topicId?: string) =>
    client.call(metadataRequest, metadataResponse, version, { topics: [topicId === undefined ? { name } : { name, topicId }] })
  const topicId = (await describe(12, 'orders')).topics[0]?.topicId ?? ''
  for (const name of [null, ''])
    expect((await describe(12, name, topicId)).topics[0]).toMatchObject({ errorCode: 0, name: 'orders', topicId })
  for (const version of [10, 11]) {
    const { brokers, topics } = await describe(version, 'orders', topicId)
    expect(brokers).toEqual([])
    expect(topics).toMatchObject([{ errorCode: ERROR_CODES.INVALID_REQUEST, name: 'orders' }])
    expect((await describe(version, 'orders')).topics[0]).toMatchObject({ errorCode: 0, topicId })
  }
})
