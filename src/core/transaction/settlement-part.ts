// The acknowledgements of one queue in a transaction, as the coordinator knows them: a part of the commit, and in words what has to be
// said to the queue's state log should the process die between the decision and the commit.

import type { CommitPart } from '../joint-commit.js'

/** The words, and whose they are. */
export interface SettlementWords {
  readonly queue: string
  /** The topic of its messages. */
  readonly topic: string
  readonly topicId: string
  readonly words: Uint8Array
}

export interface SettlementPart extends CommitPart, SettlementWords {}

/** As the transaction log keeps it: the words as a text of one character for each byte. */
export type PackedSettlement = readonly [queue: string, topic: string, topicId: string, words: string]

export function packSettlement({ queue, topic, topicId, words }: SettlementWords): PackedSettlement {
  let text = ''
  for (const byte of words) text += String.fromCharCode(byte)
  return [queue, topic, topicId, text]
}

export function unpackSettlement([queue, topic, topicId, text]: PackedSettlement): SettlementWords {
  return { queue, topic, topicId, words: Uint8Array.from(text, (character) => character.charCodeAt(0)) }
}
