// A member of a share group as raw frames: keeps the epoch of its session, and says what it is told to.
import type { Outgoing } from '../../src/protocol/message.js'
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from '../../src/protocol/messages/76-share-group-heartbeat.js'
import {
  type ShareFetchRequest,
  type ShareFetchResponse,
  shareFetchRequest,
  shareFetchResponse,
} from '../../src/protocol/messages/78-share-fetch.js'
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from '../../src/protocol/messages/79-share-acknowledge.js'
import { splitBatches } from '../../src/record/batch-check.js'
import { records } from '../../src/record/batch-reader.js'
import type { WireClient } from './wire-client.js'

export interface SharedFetch {
  readonly errorCode: number
  readonly response: ShareFetchResponse
  readonly acquired: ShareFetchResponse['responses'][number]['partitions'][number]['acquiredRecords']
  readonly acknowledgeErrorCode: number | undefined
  readonly partitionErrorCode: number | undefined
  readonly bytes: Uint8Array
}

type Acknowledgement = readonly [first: number, last: number, types: readonly number[]]

export class ShareMember {
  assignment: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] = []
  memberEpoch = 0
  epoch = 0

  constructor(
    readonly client: WireClient,
    readonly group: string,
    readonly id: string,
  ) {}

  static async join(client: WireClient, group: string, topics: readonly string[], id = `${group}-1`): Promise<ShareMember> {
    const member = new ShareMember(client, group, id)
    await member.heartbeat(topics)
    return member
  }

  /** Answers the number of the error. */
  async heartbeat(topics: readonly string[] | null = null, memberEpoch = this.memberEpoch): Promise<number> {
    const body = { groupId: this.group, memberId: this.id, memberEpoch, subscribedTopicNames: topics }
    const answer = await this.client.call(shareGroupHeartbeatRequest, shareGroupHeartbeatResponse, 1, body)
    if (answer.errorCode === 0) this.memberEpoch = answer.memberEpoch
    if (answer.assignment !== null) this.assignment = answer.assignment.topicPartitions
    return answer.errorCode
  }

  async fetch(
    topicId: string,
    options: Outgoing<ShareFetchRequest> & { acknowledge?: readonly Acknowledgement[]; version?: number; partition?: number } = {},
  ): Promise<SharedFetch> {
    const { acknowledge = [], version = 2, partition = 0, ...given } = options
    const acknowledgementBatches = acknowledge.map(([firstOffset, lastOffset, acknowledgeTypes]) => ({
      firstOffset,
      lastOffset,
      acknowledgeTypes,
    }))
    const body: Outgoing<ShareFetchRequest> = {
      groupId: this.group,
      memberId: this.id,
      shareSessionEpoch: this.epoch,
      maxWaitMs: 200,
      minBytes: 1,
      maxBytes: 1 << 20,
      maxRecords: 500,
      batchSize: 500,
      topics: [{ topicId, partitions: [{ partitionIndex: partition, acknowledgementBatches }] }],
      ...given,
    }
    const response = await this.client.call(shareFetchRequest, shareFetchResponse, version, body)
    if (response.errorCode === 0 && body.shareSessionEpoch === this.epoch) this.epoch++
    const answered = response.responses
      .find((topic) => topic.topicId === topicId)
      ?.partitions.find((one) => one.partitionIndex === partition)
    return {
      errorCode: response.errorCode,
      response,
      acquired: answered?.acquiredRecords ?? [],
      acknowledgeErrorCode: answered?.acknowledgeErrorCode,
      partitionErrorCode: answered?.errorCode,
      bytes: answered?.records ?? new Uint8Array(0),
    }
  }

  /** Answers the number of the error, of the request or of its partition. */
  async acknowledge(
    topicId: string,
    firstOffset: number,
    lastOffset: number,
    acknowledgeTypes: readonly number[],
    isRenewAck = false,
  ): Promise<number> {
    const body = {
      groupId: this.group,
      memberId: this.id,
      shareSessionEpoch: this.epoch,
      isRenewAck,
      topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [{ firstOffset, lastOffset, acknowledgeTypes }] }] }],
    }
    const response = await this.client.call(shareAcknowledgeRequest, shareAcknowledgeResponse, 2, body)
    if (response.errorCode === 0) this.epoch++
    return response.errorCode || (response.responses[0]?.partitions[0]?.errorCode ?? -1)
  }
}

/** The values of the records that were acquired. */
export function values({ bytes, acquired }: SharedFetch): string[] {
  const isAcquired = (offset: number): boolean =>
    acquired.some(({ firstOffset, lastOffset }) => offset >= firstOffset && offset <= lastOffset)
  const found: string[] = []
  for (const batch of splitBatches(bytes).batches)
    for (const { offset, value } of records(batch)) if (isAcquired(offset)) found.push(Buffer.from(value ?? []).toString())
  return found
}
