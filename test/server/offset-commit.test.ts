// Offsets of groups over the wire: by names and by the ids of topics, with the leader's epoch that the member told.
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { offsetCommitRequest, offsetCommitResponse } from '../../src/protocol/messages/08-offset-commit.js'
import { offsetFetchRequest, offsetFetchResponse } from '../../src/protocol/messages/09-offset-fetch.js'
import { ZERO_UUID } from '../../src/protocol/uuid.js'
import { serve } from './server-fixture.js'

const NOBODY = 'AAAAAAAAAAAAAAAAAAAAAQ'

test('what is committed by the id of the topic is found by its name, and the other way round', async () => {
  const { broker, client } = await serve()
  const { id: topicId } = await broker.topic('orders', { partitions: 2 })
  const one = await client()
  const outside = { groupId: 'billing', generationIdOrMemberEpoch: -1, memberId: '' }
  const partition = { committedOffset: 3, committedLeaderEpoch: 0, committedMetadata: 'm' }
  const byId = await one.call(offsetCommitRequest, offsetCommitResponse, 10, {
    ...outside,
    topics: [
      {
        topicId,
        partitions: [
          { partitionIndex: 0, ...partition },
          { partitionIndex: 7, ...partition },
        ],
      },
      { topicId: NOBODY, partitions: [{ partitionIndex: 0, ...partition }] },
    ],
  })
  expect(byId.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
    [0, ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION],
    [ERROR_CODES.UNKNOWN_TOPIC_ID],
  ])
  await one.call(offsetCommitRequest, offsetCommitResponse, 9, {
    ...outside,
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 1, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: null }] },
    ],
  })
  const named = await one.call(offsetFetchRequest, offsetFetchResponse, 9, { groups: [{ groupId: 'billing', topics: null }] })
  expect(named.groups[0]?.topics).toEqual([
    {
      name: 'orders',
      topicId: ZERO_UUID,
      partitions: [
        { partitionIndex: 0, committedOffset: 3, committedLeaderEpoch: 0, metadata: 'm', errorCode: 0 },
        { partitionIndex: 1, committedOffset: 5, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
      ],
    },
  ])
  const groups = [
    {
      groupId: 'billing',
      topics: [
        { topicId, partitionIndexes: [1] },
        { topicId: NOBODY, partitionIndexes: [0] },
      ],
    },
  ]
  const found = await one.call(offsetFetchRequest, offsetFetchResponse, 10, { groups })
  expect(
    found.groups[0]?.topics.map(({ topicId: id, partitions }) => [id, partitions[0]?.committedOffset, partitions[0]?.errorCode]),
  ).toEqual([
    [topicId, 5, 0],
    [NOBODY, -1, ERROR_CODES.UNKNOWN_TOPIC_ID],
  ])
  const all = await one.call(offsetFetchRequest, offsetFetchResponse, 10, { groups: [{ groupId: 'billing', topics: null }] })
  expect(all.groups[0]?.topics.map(({ topicId: id }) => id)).toEqual([topicId])
})
