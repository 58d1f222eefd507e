// What the clients know of a topic's types. Producer and Consumer take a topic by this interface, so that they need not know the
// class Topic, which itself makes producers and consumers.

import type { SerdePair } from './serde.js'

/** A topic with the types of its values and keys: what `Topic` is to the clients. */
export interface TypedTopic<V = unknown, K = string> {
  /** The topic by its name. */
  readonly name: string
  /** How its values and keys become bytes and back. */
  readonly serdes: SerdePair<V, K>
}

/** The type of the values of a topic; of a name: unknown. */
export type ValueOf<T> = T extends TypedTopic<infer V, infer _K> ? V : unknown
/** The type of the keys of a topic; of a name: string. */
export type KeyOf<T> = T extends TypedTopic<infer _V, infer K> ? K : string

/** What every call that waits takes: an aborted wait rejects with `signal.reason`. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the reason of the signal. */
  signal?: AbortSignal | undefined
}
