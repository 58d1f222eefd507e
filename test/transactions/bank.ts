// A bank on transactions: requests are read by workers of a group, each moves money between two accounts and commits its offset, all in
// one transaction. Workers abort, stall, come back as zombies, lose their partitions, and the process dies in any write. Whatever
// happens, money is conserved, each request is done once, and a reader of committed records never sees half a transfer.

import { Broker, type Consumer, KafkaliteError, type Producer, type Transaction } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Disk, Mortal } from './disk.js'

const REQUESTS = 'requests'
const LEDGER = 'ledger'
const PARTITIONS = 3

export interface BankOptions {
  readonly random: () => number
  readonly disk: Disk
  readonly flush: 'os' | 'interval' | 'always'
  readonly requests: number
  readonly accounts: number
  readonly workers: number
}

interface Transfer {
  readonly id: number
  readonly from: number
  readonly to: number
  readonly amount: number
}

interface Entry {
  readonly id: number
  readonly account: number
  readonly delta: number
}

/** What went on, so that a run of nothing is noticed. */
export interface BankReport {
  crashes: number
  committed: number
  aborted: number
  fenced: number
  rebalanced: number
  timedOut: number
}

export async function runBank(options: BankOptions): Promise<BankReport> {
  const bank = new Bank(options)
  await bank.run()
  return bank.report
}

class Bank {
  readonly report: BankReport = { crashes: 0, committed: 0, aborted: 0, fenced: 0, rebalanced: 0, timedOut: 0 }
  private readonly clock = new VirtualClock()
  /** Transfers whose transaction resolved: they must be there for ever. */
  private readonly acknowledged = new Set<number>()
  private storage: Mortal | null = null

  constructor(private readonly options: BankOptions) {}

  async run(): Promise<void> {
    for (let life = 0; life < 60; life++) {
      // The last lives do not end in a crash, so that the work is done some time.
      const dies = life < 6 && this.chance(0.8)
      if (await this.live(dies)) return
      this.report.crashes++
    }
    throw new Error('the requests were never done')
  }

  /** One life of the process; true when all is done and right. */
  private async live(dies: boolean): Promise<boolean> {
    const { disk, flush, random, workers } = this.options
    const storage = disk.next()
    this.storage = storage
    if (dies) storage.crashAfter(Math.floor(random() * 120))
    let broker: Broker | null = null
    try {
      broker = await Broker.open({ storage: storage.storage, clock: this.clock, random, flush })
      broker.on('error', () => undefined)
      // What is worked off is not lost, whatever the level of what comes of it.
      await broker.topic(REQUESTS, { partitions: PARTITIONS, retentionMs: -1, flush: 'always' })
      await broker.topic(LEDGER, { partitions: PARTITIONS, retentionMs: -1 })
      await this.check(broker, false)
      await this.request(broker)
      await Promise.all(Array.from({ length: workers }, (_, name) => this.work(broker as Broker, name)))
      await this.check(broker, true)
      await broker.close()
      return true
    } catch (error) {
      if (!storage.crashed) throw error
      await broker?.close().catch(() => undefined)
      await storage.die()
      return false
    }
  }

  private get isDead(): boolean {
    return this.storage?.crashed === true
  }

  private async request(broker: Broker): Promise<void> {
    const { requests, accounts } = this.options
    // After a crash nobody knows which of them arrived: what is in the log counts.
    const there = new Set<number>()
    for await (const { value } of (await broker.topic(REQUESTS)).read({ to: 'end' })) {
      there.add((JSON.parse(value as string) as Transfer).id)
    }
    const producer = broker.producer()
    for (let id = 0; id < requests; id++) {
      if (there.has(id)) continue
      const from = this.pick(accounts)
      const to = (from + 1 + this.pick(accounts - 1)) % accounts
      const transfer: Transfer = { id, from, to, amount: 1 + this.pick(9) }
      await producer.send(REQUESTS, { value: JSON.stringify(transfer), partition: id % PARTITIONS })
    }
    await producer.close()
  }

  /** Works until every request of the group is committed. */
  private async work(broker: Broker, name: number): Promise<void> {
    let consumer = this.join(broker)
    let producer = this.producer(broker, name)
    for (let idle = 0; idle < 3; ) {
      if (this.isDead) throw new KafkaliteError('STORAGE_FAILED', 'The process is dead')
      const records = await consumer.poll({ timeoutMs: 0, maxRecords: 1 + this.pick(3) })
      if (records.length === 0) {
        idle = (await this.isDone(broker)) ? idle + 1 : 0
        await this.turns(3)
        if (this.chance(0.1)) await this.clock.advance(1)
        continue
      }
      idle = 0
      const fate = this.options.random()
      try {
        await producer.transaction(async (tx) => {
          for (const record of records) await this.transfer(tx, JSON.parse(record.value as string) as Transfer)
          if (fate < 0.1) throw new Abort('abort')
          if (fate < 0.15) {
            await this.zombie(broker, name, consumer, records as { value: unknown }[])
          } else if (fate < 0.2) {
            await consumer.close()
            this.report.rebalanced++
          } else if (fate < 0.23) {
            await this.clock.advance(61_000)
            this.report.timedOut++
          } else if (fate < 0.6) await this.turns(this.pick(20))
          if (fate >= 0.2 || fate < 0.15) tx.commitOffsets(consumer)
          else tx.commitOffsets(consumer, records as never)
        })
        this.acknowledge(records as { value: unknown }[])
      } catch (error) {
        if (this.isDead) throw error
        this.report.aborted++
        if (!(error instanceof Abort)) this.expected(error)
        if (KafkaliteError.is(error, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH')) {
          this.report.fenced++
          await producer.close()
          producer = this.producer(broker, name)
        }
        // What was read is not done: it is read again by whoever has the partitions now.
        await consumer.close()
        consumer = this.join(broker)
      }
      if (this.chance(0.1)) await this.checkSnapshot(broker)
    }
    await consumer.close()
    await producer.close()
  }

  /** A second producer of the same id does the same work and is faster: the first one must not add anything. */
  private async zombie(broker: Broker, name: number, consumer: Consumer, records: readonly { value: unknown }[]): Promise<void> {
    const heir = this.producer(broker, name)
    await heir.transaction(async (tx) => {
      for (const record of records) await this.transfer(tx, JSON.parse(record.value as string) as Transfer)
      tx.commitOffsets(consumer)
    })
    this.acknowledge(records)
    await heir.close()
  }

  private async transfer(tx: Transaction, { id, from, to, amount }: Transfer): Promise<void> {
    const debit: Entry = { id, account: from, delta: -amount }
    const credit: Entry = { id, account: to, delta: amount }
    await tx.send(LEDGER, { value: JSON.stringify(debit), partition: from % PARTITIONS })
    if (this.chance(0.5)) await this.turns(this.pick(5))
    await tx.send(LEDGER, { value: JSON.stringify(credit), partition: to % PARTITIONS })
  }

  private acknowledge(records: readonly { value: unknown }[]): void {
    this.report.committed++
    for (const { value } of records) this.acknowledged.add((JSON.parse(value as string) as Transfer).id)
  }

  private join(broker: Broker): Consumer {
    return broker.consumer({ topics: [REQUESTS], groupId: 'bank', autoCommit: false, from: 'earliest' }) as Consumer
  }

  private producer(broker: Broker, name: number): Producer {
    return broker.producer({ transactionalId: `worker-${name}` })
  }

  private async isDone(broker: Broker): Promise<boolean> {
    const { total, partitions } = await broker.group('bank').lag()
    return partitions.length === PARTITIONS && total === 0
  }

  /** What a reader of committed records sees in one fetch is of one moment where the storage answers at once; else only the rest holds. */
  private async checkSnapshot(broker: Broker): Promise<void> {
    const entries = await this.entries(broker)
    const counts = new Map<number, number>()
    for (const { id, account } of entries) {
      counts.set(id, (counts.get(id) ?? 0) + 1)
      if (entries.filter((other) => other.id === id && other.account === account).length > 1)
        throw new Error(`transfer ${id} is there twice`)
    }
  }

  private async check(broker: Broker, isEnd: boolean): Promise<void> {
    const entries = await this.entries(broker)
    const sums = new Map<number, number>()
    const counts = new Map<number, number>()
    for (const { id, delta } of entries) {
      sums.set(id, (sums.get(id) ?? 0) + delta)
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const [id, count] of counts) {
      if (count !== 2) throw new Error(`transfer ${id} has ${count} entries`)
      if (sums.get(id) !== 0) throw new Error(`transfer ${id} made or lost money`)
    }
    for (const id of this.acknowledged) if (!counts.has(id)) throw new Error(`transfer ${id} was committed and is gone`)
    if (isEnd && counts.size !== this.options.requests) throw new Error(`${counts.size} of ${this.options.requests} requests were done`)
    const open = (await broker.transactions()).filter(({ state }) => state === 'ongoing')
    if (open.length > 0) throw new Error(`${open.length} transactions are still open`)
  }

  private async entries(broker: Broker): Promise<Entry[]> {
    const entries: Entry[] = []
    for await (const record of (await broker.topic(LEDGER)).read({ to: 'end', isolation: 'read_committed' })) {
      entries.push(JSON.parse(record.value as string) as Entry)
    }
    return entries
  }

  /** What may go wrong here without being wrong. */
  private expected(error: unknown): void {
    if (
      KafkaliteError.is(
        error,
        'PRODUCER_FENCED',
        'INVALID_PRODUCER_EPOCH',
        'UNKNOWN_MEMBER_ID',
        'FENCED_MEMBER_EPOCH',
        'INVALID_STATE',
        'CLOSED',
        'CONCURRENT_TRANSACTIONS',
      )
    )
      return
    throw error
  }

  private async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await undefined
  }

  private chance(of: number): boolean {
    return this.options.random() < of
  }

  private pick(below: number): number {
    return Math.floor(this.options.random() * below)
  }
}

class Abort extends Error {}
