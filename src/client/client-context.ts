// What the Broker hands to every client it makes: the cluster, time and chance, which serdes belong to which topic, and two
// registers by which the Broker knows what to close and whether anything is under way. A client's constructor takes it first:
// `new Producer(context, options)`, `new Consumer(context, options)`, `new ConsumerGroup(context, groupId)`; a queue is opened
// with `Queue.open(context, name, options)`.

import type { Cluster } from '../core/cluster.js'
import { assert } from '../lib/assert.js'
import type { Clock } from '../lib/clock.js'
import { plain, type Serde, type SerdePair, string } from './serde.js'

/** Anything with an end. */
export interface Closable {
  close(): Promise<void>
}

export interface ClientContext {
  readonly cluster: Cluster
  readonly clock: Clock
  /** From 0 up to 1, as Math.random. */
  readonly random: () => number
  readonly serdes: SerdeRegistry
  readonly work: WorkCount
  /** The Broker closes the client when it closes itself. Call what is returned when the client was closed before that. */
  track(client: Closable): () => void
}

/** The clusters that topics and consumers belong to, so that a transaction notices one of another broker. */
const HOMES = new WeakMap<object, Cluster>()

export function setHome(client: object, cluster: Cluster): void {
  HOMES.set(client, cluster)
}

export function homeOf(client: object): Cluster | undefined {
  return HOMES.get(client)
}

/** The serdes that topics were last opened with here, by name. */
export class SerdeRegistry {
  private readonly pairs = new Map<string, SerdePair>()

  set(topic: string, serdes: SerdePair): void {
    this.pairs.set(topic, serdes)
  }

  delete(topic: string): void {
    this.pairs.delete(topic)
  }

  /** How a producer that has only the name writes: as the topic was opened here, else strings and bytes as they are. */
  forProducer(topic: string): SerdePair {
    return this.pairs.get(topic) ?? PLAIN
  }

  /** How a consumer that has only the name reads: with its own serdes, as the topic was opened here, else as strings. */
  forConsumer(topic: string, value?: Serde<unknown>, key?: Serde<unknown>): SerdePair {
    const opened = this.pairs.get(topic) ?? STRINGS
    return value === undefined && key === undefined ? opened : { value: value ?? opened.value, key: key ?? opened.key }
  }
}

const PLAIN: SerdePair = { value: plain, key: plain }
const STRINGS: SerdePair = { value: string, key: string }

/** Counts what is under way in the clients: sends, handlers, commits, records fetched and not yet handed out. */
export class WorkCount {
  private underWay = 0
  private begun = 0
  private waiting: (() => void)[] = []

  /** How many pieces of work have begun so far: unchanged means that nothing happened in between. */
  get total(): number {
    return this.begun
  }

  get isQuiet(): boolean {
    return this.underWay === 0
  }

  begin(): void {
    this.underWay++
    this.begun++
  }

  end(): void {
    this.underWay--
    assert(this.underWay >= 0, 'work that ends has begun')
    if (this.underWay > 0 || this.waiting.length === 0) return
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when nothing is under way, perhaps at once. */
  quiet(): Promise<void> {
    return this.isQuiet ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve))
  }
}
