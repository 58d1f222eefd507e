// TxnOffsetCommit: offsets of a group that count when the transaction is committed. From version 3 on the request says which member of
// the group it speaks for, and one that is out of the group by now is refused. The group is taken into the transaction with them.

import type { OffsetToCommit } from '../../core/cluster.js'
import { ERROR_CODES } from '../../protocol/error-codes.js'
import {
  type TxnOffsetCommitRequest,
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
} from '../../protocol/messages/28-txn-offset-commit.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { toldEpoch } from '../leader-epoch.js'
import { producerErrorCode } from '../producer-errors.js'

/** In this API fenced producers are told that their epoch is over, in all versions. */
const KNOWN_ERRORS = { fencedFrom: Number.POSITIVE_INFINITY, abortableFrom: 4 }

export const txnOffsetCommit = handler({
  request: txnOffsetCommitRequest,
  response: txnOffsetCommitResponse,
  first: 0,
  last: 5,
  async handle(request, { broker, version }) {
    const { groupId, transactionalId, producerId, producerEpoch } = request
    const offsets: OffsetToCommit[] = []
    const unknown = new Set<string>()
    for (const { name, partitions } of request.topics) {
      const count = (await broker.topicNamed(name))?.partitions ?? 0
      for (const { partitionIndex: partition, committedOffset: offset, committedMetadata, committedLeaderEpoch } of partitions) {
        if (partition < 0 || partition >= count) unknown.add(`${name}-${partition}`)
        else
          offsets.push({ topic: name, partition, offset, metadata: committedMetadata ?? '', leaderEpoch: toldEpoch(committedLeaderEpoch) })
      }
    }
    let code = 0
    try {
      checkMember(broker, request)
      await broker.cluster.transactions.commitOffsets({ transactionalId, producerId, producerEpoch }, { groupId, offsets })
    } catch (error) {
      code = producerErrorCode(error, version, KNOWN_ERRORS)
    }
    const codeOf = (name: string, index: number): number =>
      unknown.has(`${name}-${index}`) ? ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION : code
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeOf(name, partitionIndex) })),
      })),
    }
  },
})

/** UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, STALE_MEMBER_EPOCH, FENCED_INSTANCE_ID. */
function checkMember(broker: BrokerView, request: TxnOffsetCommitRequest): void {
  const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation } = request
  if (memberId === '' && generation < 0) return
  if (broker.consumerGroups.has(groupId, memberId)) broker.consumerGroups.checkEpoch(groupId, memberId, generation)
  else broker.groups.checkMember({ groupId, memberId, instanceId, generation })
}
