// Short words for the requests that most cases need: one partition, one batch.
import type { Outgoing } from '../../src/protocol/message.js'
import type { FetchRequest, FetchResponse } from '../../src/protocol/messages/01-fetch.js'
import type { ListOffsetsResponse } from '../../src/protocol/messages/02-list-offsets.js'
import type { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/00-produce.js'
import { fetch, listOffsets, produce } from './apis.js'
import type { Subject } from './subject.js'

export interface ProduceExtras {
  readonly acks?: number
  readonly partition?: number
  readonly transactionalId?: string
  readonly version?: number
}

export function produceBody(topic: string, records: Uint8Array | null, extras: ProduceExtras = {}): Outgoing<ProduceRequest> {
  const { acks = -1, partition = 0, transactionalId = null } = extras
  return { transactionalId, acks, timeoutMs: 10_000, topicData: [{ name: topic, partitionData: [{ index: partition, records }] }] }
}

/** Sends a batch and keeps the answer. */
export function send(
  on: Pick<Subject, 'ask'>,
  label: string,
  topic: string,
  records: Uint8Array | null,
  extras: ProduceExtras = {},
): Promise<ProduceResponse> {
  return on.ask(label, produce, extras.version ?? 9, produceBody(topic, records, extras))
}

/** Sends a batch that has to be taken. */
export async function fill(on: Pick<Subject, 'call'>, topic: string, records: Uint8Array, extras: ProduceExtras = {}): Promise<void> {
  const answer = await on.call(produce, extras.version ?? 9, produceBody(topic, records, extras))
  const { errorCode, errorMessage } = answer.responses[0]?.partitionResponses[0] ?? {}
  if (errorCode !== 0) throw new Error(`The batch for ${topic} was not taken: ${errorCode} ${errorMessage}`)
}

export interface FetchExtras {
  readonly partition?: number
  readonly isolationLevel?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly version?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

export function fetchBody(topic: string, fetchOffset: number, extras: FetchExtras = {}): Outgoing<FetchRequest> {
  const { partition = 0, isolationLevel = 0, maxWaitMs = 0, minBytes = 0, maxBytes = 1_048_576, partitionMaxBytes = 1_048_576 } = extras
  const { currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = extras
  const asked = { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch }
  return {
    replicaId: -1,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [asked] }],
  }
}

/** Reads one partition and keeps the answer. */
export function read(
  on: Pick<Subject, 'ask'>,
  label: string,
  topic: string,
  fetchOffset: number,
  extras: FetchExtras = {},
): Promise<FetchResponse> {
  return on.ask(label, fetch, extras.version ?? 12, fetchBody(topic, fetchOffset, extras))
}

/** Looks one place up and keeps the answer. */
export function look(
  on: Pick<Subject, 'ask'>,
  label: string,
  topic: string,
  timestamp: number,
  extras: { readonly version?: number; readonly isolationLevel?: number; readonly partition?: number } = {},
): Promise<ListOffsetsResponse> {
  const { version = 9, isolationLevel = 0, partition = 0 } = extras
  const partitions = [{ partitionIndex: partition, timestamp }]
  return on.ask(label, listOffsets, version, { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions }] })
}
