// Senders, readers and a group with members that come and go, all at once on one topic; everything that they were told is written
// down, and afterwards the whole is compared: nothing lost, doubled or out of order, whoever looks and whenever.

import { Broker, type Storage } from '../../src/index.js'

const TOPIC = 'orders'
const PARTITIONS = 3
const SENDERS = 4
const READERS = 2
const MEMBERS = 3

export interface HistoryOptions {
  readonly storage?: Storage
  readonly flush: 'os' | 'interval' | 'always'
  readonly recordsPerSender: number
  readonly random: () => number
}

interface Sent {
  readonly value: string
  readonly partition: number
  /** When it was begun and answered, in steps that everybody counts together. */
  readonly begun: number
  readonly answered: number
  readonly offset: number
}

interface Seen {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

export class History {
  readonly sent: Sent[] = []
  /** What each reader and each stay of a member saw, in its order. */
  readonly readers: Seen[][] = []
  readonly stays: Seen[][] = []
  /** What is there at the end, read alone. */
  log: Seen[] = []
  private step = 0
  private readonly group = new Set<string>()

  constructor(private readonly options: HistoryOptions) {}

  get total(): number {
    return SENDERS * this.options.recordsPerSender
  }

  async run(): Promise<void> {
    const { storage, flush } = this.options
    const broker = await Broker.open({ flush, ...(storage !== undefined && { storage }) })
    await broker.topic(TOPIC, { partitions: PARTITIONS })
    const all = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: count }, (_, n) => work(n)))
    await Promise.all([
      all(SENDERS, (sender) => this.send(broker, sender)),
      all(READERS, () => this.read(broker)),
      all(MEMBERS, () => this.work(broker)),
    ])
    for await (const { partition, offset, value } of (await broker.topic(TOPIC)).read({ from: 'earliest', to: 'end' }))
      this.log.push({ partition, offset, value: value as string })
    await broker.close()
  }

  /** Throws at the first that does not fit. */
  check(): void {
    const places = new Map<string, string>()
    for (const { value, partition, offset } of this.log) {
      claim(!places.has(value), `${value} is there twice`)
      places.set(value, `${partition}:${offset}`)
    }
    claim(places.size === this.total, `${places.size} of ${this.total} records are there`)
    for (const { value, partition, offset } of this.sent)
      claim(places.get(value) === `${partition}:${offset}`, `${value} is not where it was said`)
    this.checkOrder()
    const whole = byPartition(this.log)
    for (const seen of this.readers) {
      for (const [partition, values] of byPartition(seen))
        claim(values.join() === whole.get(partition)?.join(), `a reader saw partition ${partition} otherwise`)
      claim(seen.length === this.total, 'a reader missed records')
    }
    claim(this.group.size === this.total, `the group saw ${this.group.size} of ${this.total} records`)
    for (const stay of this.stays) {
      const last = new Map<number, number>()
      for (const { partition, offset, value } of stay) {
        claim(places.get(value) === `${partition}:${offset}`, `a member saw ${value} at ${partition}:${offset}`)
        claim(offset > (last.get(partition) ?? -1), `a member went back to ${partition}:${offset}`)
        last.set(partition, offset)
      }
    }
  }

  /** Offsets have no holes, and what was begun after another was answered stands behind it. */
  private checkOrder(): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const sent = this.sent.filter((one) => one.partition === partition).sort((a, b) => a.offset - b.offset)
      let latestBegun = -1
      for (const [at, { offset, begun, answered, value }] of sent.entries()) {
        claim(offset === at, `offset ${at} of partition ${partition} is missing`)
        claim(answered > latestBegun, `${value} was answered before one in front of it was begun`)
        latestBegun = Math.max(latestBegun, begun)
      }
    }
  }

  private async send(broker: Broker, sender: number): Promise<void> {
    const { recordsPerSender, random } = this.options
    const producer = broker.producer()
    for (let sequence = 0; sequence < recordsPerSender; ) {
      const burst = Math.min(1 + Math.floor(random() * 8), recordsPerSender - sequence)
      await Promise.all(
        Array.from({ length: burst }, async () => {
          const [value, partition, begun] = [`${sender}.${sequence++}`, Math.floor(random() * PARTITIONS), this.step++]
          const { offset } = await producer.send(TOPIC, { value, partition })
          this.sent.push({ value, partition, offset, begun, answered: this.step++ })
        }),
      )
    }
    await producer.close()
  }

  private async read(broker: Broker): Promise<void> {
    const seen: Seen[] = []
    this.readers.push(seen)
    for await (const { partition, offset, value } of (await broker.topic(TOPIC)).read({ from: 'earliest', limit: this.total }))
      seen.push({ partition, offset, value: value as string })
  }

  /** Joins, takes some records, leaves, and joins again, until the group has seen all. */
  private async work(broker: Broker): Promise<void> {
    while (this.group.size < this.total) {
      const stay: Seen[] = []
      this.stays.push(stay)
      const consumer = broker.consumer({ topics: [TOPIC], groupId: 'readers', from: 'earliest' })
      for (let left = 1 + Math.floor(this.options.random() * 60); left > 0 && this.group.size < this.total; left--) {
        for (const { partition, offset, value } of await consumer.poll({ timeoutMs: 20, maxRecords: 10 })) {
          stay.push({ partition, offset, value: value as string })
          this.group.add(value as string)
        }
      }
      await consumer.close()
    }
  }
}

function byPartition(seen: readonly Seen[]): Map<number, string[]> {
  const values = new Map<number, string[]>()
  for (const { partition, value } of seen) values.set(partition, [...(values.get(partition) ?? []), value])
  return values
}

function claim(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words)
}
