// What the killed processes were promised, as they told it over their pipes, and the check of the folder against it.

import { Broker } from '../../src/broker.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { claim } from '../simulation/violation.js'

export const TOPIC = 'orders'
export const QUEUE = 'jobs'
export const PARTITIONS = 3
export const SENDERS = 6
/** Longer than all rounds: no message comes again because its lock ran out. */
export const LOCK_MS = 86_400_000

/** Mostly short, now and then longer than a page; the length follows from the name, so that a torn value is noticed. */
export function valueFor(round: number, sender: number, sequence: number): string {
  const length = (round * 7 + sender * 3 + sequence * 5) % 40 === 0 ? 9000 : (sequence * 13) % 100
  return `${round}.${sender}.${sequence}.${'x'.repeat(length)}`
}

export class Ledger {
  /** Partition and offset by name. */
  private readonly records = new Map<string, string>()
  private readonly messages = new Map<string, 'sent' | 'acknowledging' | 'acknowledged'>()
  /** Promises told. */
  count = 0

  /** One line of a process. */
  take(line: string): void {
    const [word, ...rest] = line.split(' ')
    if (word === 'ready') return
    this.count++
    if (word === 'record') this.records.set(rest[2] ?? '', `${rest[0]}:${rest[1]}`)
    else if (word === 'message') this.note(rest[0] ?? '', 'sent')
    else if (word === 'acknowledging' || word === 'acknowledged') this.messages.set(rest[0] ?? '', word)
    else claim(false, () => `a process said what is not understood: ${line}`)
  }

  /** Opens the folder as the next process would and compares. */
  async check(folder: string): Promise<void> {
    const broker = await Broker.open({ storage: new FileStorage(folder), flush: 'always' })
    try {
      await this.checkRecords(broker)
      await this.checkMessages(broker)
    } finally {
      await broker.close()
    }
  }

  private async checkRecords(broker: Broker): Promise<void> {
    const topic = await broker.topic(TOPIC)
    const found = new Map<string, string>()
    const last = new Map<string, number>()
    for await (const records of topic.read({ from: 'earliest', to: 'end' }).batches()) {
      for (const { value, partition, offset } of records) {
        const [round, sender, sequence] = checkValue(value ?? '')
        const name = nameOf(value ?? '')
        claim(!found.has(name), () => `${name} is there twice`)
        found.set(name, `${partition}:${offset}`)
        const by = `${partition}/${round}/${sender}`
        claim(sequence > (last.get(by) ?? -1), () => `${name} at ${partition}:${offset} is out of order`)
        last.set(by, sequence)
      }
    }
    for (const [name, place] of this.records) {
      claim(found.get(name) === place, () => `${name} was acknowledged at ${place} and is ${found.get(name) ?? 'lost'}`)
    }
  }

  /** What is delivered here is given back uncounted when the broker closes. */
  private async checkMessages(broker: Broker): Promise<void> {
    const queue = await broker.queue<string>(QUEUE, { lockMs: LOCK_MS, maxDeliveries: 1000 })
    const found = new Set<string>()
    for (;;) {
      const messages = await queue.receive({ max: 1000, timeoutMs: 0 })
      if (messages.length === 0) break
      for (const { value } of messages) {
        checkValue(value)
        claim(!found.has(nameOf(value)), () => `message ${nameOf(value)} is delivered twice`)
        found.add(nameOf(value))
      }
    }
    for (const [name, state] of this.messages) {
      claim(state !== 'sent' || found.has(name), () => `message ${name} was sent and is lost`)
      claim(state !== 'acknowledged' || !found.has(name), () => `message ${name} was acknowledged and is delivered again`)
    }
  }

  private note(name: string, state: 'sent'): void {
    // The receiver may have been quicker than the sender's word.
    if (!this.messages.has(name)) this.messages.set(name, state)
  }
}

function checkValue(value: string): readonly [round: number, sender: number, sequence: number] {
  const [round = -1, sender = -1, sequence = -1] = value.split('.').slice(0, 3).map(Number)
  claim(value === valueFor(round, sender, sequence), () => `a record that nobody sent: ${nameOf(value)}`)
  return [round, sender, sequence]
}

/** The value without its padding: short enough that a pipe takes a line with it at once or not at all. */
export function nameOf(value: string): string {
  return value.replace(/x+$/, '')
}
