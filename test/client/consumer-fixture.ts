// A broker in memory on a virtual clock, for tests of consumers, with short ways to send numbered records and to collect what comes.
import { Broker, type Consumer, type ConsumerRecord, type Topic } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface ConsumerFixture extends AsyncDisposable {
  readonly broker: Broker
  readonly clock: VirtualClock
  readonly topic: Topic<string, string>
  /** Sends the numbers from `from` to `to`, with the key that `keyOf` says. */
  send(from: number, to: number, keyOf?: (index: number) => string | null): Promise<void>
}

export async function openBroker(partitions = 1): Promise<ConsumerFixture> {
  const clock = new VirtualClock()
  // The same numbers in every run, and no number twice: ids of members are made from them.
  let seed = 1
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const broker = await Broker.open({ clock, random, offsetsRetentionMinutes: -1 })
  const topic = await broker.topic('orders', { partitions, retentionMs: -1 })
  const send: ConsumerFixture['send'] = async (from, to, keyOf = () => null) => {
    for (let index = from; index <= to; index++) {
      await topic.send({
        key: keyOf(index),
        value: String(index),
        partition: partitions === 1 || keyOf(index) !== null ? undefined : index % partitions,
      })
    }
  }
  return { broker, clock, topic, send, [Symbol.asyncDispose]: () => broker.close() }
}

export const valuesOf = (records: readonly ConsumerRecord<unknown, unknown>[]): unknown[] => records.map(({ value }) => value)

/** The numbers from `from` to `to` as the texts that were sent. */
export const texts = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

/** What a handler was given so far, and a wait until it is so many. */
export class Collector {
  readonly values: string[] = []
  private waiting: { count: number; resolve: () => void }[] = []

  readonly add = (record: ConsumerRecord<unknown, unknown>): void => {
    this.values.push(record.value as string)
    this.waiting = this.waiting.filter(({ count, resolve }) => {
      if (this.values.length < count) return true
      resolve()
      return false
    })
  }

  reach(count: number): Promise<void> {
    if (this.values.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push({ count, resolve }))
  }
}

/** A promise and its end. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** What the next event of that name says. */
export function nextEvent<E extends 'assigned' | 'revoked' | 'lost' | 'caughtUp' | 'retry' | 'deadLettered' | 'error'>(
  consumer: Consumer<never, never> | Consumer<string, string>,
  name: E,
): Promise<unknown[]> {
  return new Promise((resolve) => {
    ;(consumer as Consumer<string, string>).once(name, (...told: unknown[]) => resolve(told))
  })
}
