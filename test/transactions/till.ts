// A till on a queue: payments are received by workers, each writes a receipt and acknowledges the payment in one transaction, to a table
// of the last payment of each customer too, which is compacted meanwhile. Workers abort and lose their locks, and the process dies in
// any write. Whatever happens, each payment has exactly one receipt, and a payment that has one is done.

import { Broker, KafkaliteError, type Message, type Queue } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Disk } from './disk.js'

export interface TillOptions {
  readonly random: () => number
  readonly disk: Disk
  readonly flush: 'os' | 'interval' | 'always'
  readonly payments: number
}

export interface TillReport {
  crashes: number
  committed: number
  aborted: number
  lost: number
}

const CUSTOMERS = 3

export async function runTill({ random, disk, flush, payments }: TillOptions): Promise<TillReport> {
  const report: TillReport = { crashes: 0, committed: 0, aborted: 0, lost: 0 }
  const clock = new VirtualClock()
  const acknowledged = new Set<number>()
  for (let life = 0; life < 40; life++) {
    const storage = disk.next()
    if (life < 6 && random() < 0.8) storage.crashAfter(Math.floor(random() * 80))
    let broker: Broker | null = null
    try {
      broker = await Broker.open({ storage: storage.storage, clock, random, flush })
      broker.on('error', () => undefined)
      const till = new Till(broker, clock, random, report, acknowledged)
      await till.open(payments)
      await till.check(false)
      await Promise.all([till.work('a'), till.work('b')])
      await till.check(true)
      await broker.close()
      return report
    } catch (error) {
      if (!storage.crashed) throw error
      report.crashes++
      await broker?.close().catch(() => undefined)
      await storage.die()
    }
  }
  throw new Error('the payments were never done')
}

class Till {
  private payments = 0

  constructor(
    private readonly broker: Broker,
    private readonly clock: VirtualClock,
    private readonly random: () => number,
    private readonly report: TillReport,
    /** Payments whose transaction resolved: their receipts are there for ever. */
    private readonly acknowledged: Set<number>,
  ) {}

  async open(payments: number): Promise<void> {
    this.payments = payments
    await this.broker.topic('receipts', { partitions: 2, retentionMs: -1 })
    await this.broker.topic('last', { cleanupPolicy: 'compact', deleteRetentionMs: 0 })
    const queue = await this.queue()
    queue.on('error', () => undefined)
    for (let id = 0; id < payments; id++) await queue.send({ value: id, id: `payment ${id}` })
  }

  async work(name: string): Promise<void> {
    const queue = await this.queue()
    const producer = this.broker.producer({ transactionalId: name })
    for (let idle = 0; idle < 3; ) {
      const messages = await queue.receive({ max: 1 + Math.floor(this.random() * 2), timeoutMs: 0 })
      if (messages.length === 0) {
        const { available, delayed, acquired } = await queue.counts()
        idle = available + delayed + acquired === 0 ? idle + 1 : 0
        await this.clock.advance(1000)
        continue
      }
      const fate = this.random()
      try {
        await producer.transaction(async (tx) => {
          for (const message of messages) {
            await tx.send('receipts', { value: String(message.value), partition: message.value % 2 })
            await tx.send('last', { key: String(message.value % CUSTOMERS), value: String(message.value) })
            tx.acknowledge(message, `receipt ${message.value}`)
          }
          if (fate < 0.15) throw new Abort('abort')
          if (fate < 0.3) await this.clock.advance(11_000)
          if (fate > 0.9) await (await this.broker.topic('last')).cleanUp()
        })
        this.report.committed++
        for (const { value } of messages) this.acknowledged.add(value)
      } catch (error) {
        await this.failed(error, messages)
      }
    }
    await producer.close()
  }

  /** Receipts are there once, those that were acknowledged are there, and only what has one is done. */
  async check(isEnd: boolean): Promise<void> {
    const receipts = new Set<number>()
    for await (const { value } of (await this.broker.topic('receipts')).read({ to: 'end', isolation: 'read_committed' })) {
      if (receipts.has(Number(value))) throw new Error(`payment ${value} has two receipts`)
      receipts.add(Number(value))
    }
    for (const id of this.acknowledged) if (!receipts.has(id)) throw new Error(`payment ${id} was committed and is gone`)
    if (isEnd && receipts.size !== this.payments) throw new Error(`${receipts.size} of ${this.payments} payments were done`)
    const queue = await this.queue()
    for (const id of receipts) {
      const { state, result } = await queue.status(`payment ${id}`)
      if (state !== 'acknowledged' || result !== `receipt ${id}`) throw new Error(`payment ${id} has a receipt and is ${state}`)
    }
    const last = new Map<string, string>()
    for await (const { key, value } of (await this.broker.topic('last')).read({ to: 'end', isolation: 'read_committed' })) {
      if (!receipts.has(Number(value))) throw new Error(`the table knows payment ${value}, which was not committed`)
      last.set(String(key), String(value))
    }
    if (isEnd && last.size !== Math.min(CUSTOMERS, this.payments)) throw new Error('a customer is missing in the table')
  }

  private async queue(): Promise<Queue<number, string>> {
    return this.broker.queue<number, string>('payments', {
      lockMs: 10_000,
      maxDeliveries: 1000,
      dedupWindowMs: 1e12,
      partitions: 2,
      // A payment that a power cut takes would be sent again although it is done.
      flush: 'always',
    })
  }

  private async failed(error: unknown, messages: readonly Message<number, string>[]): Promise<void> {
    this.report.aborted++
    if (KafkaliteError.is(error, 'LOCK_LOST')) this.report.lost++
    else if (!(error instanceof Abort)) throw error
    for (const message of messages) {
      await message.release().catch((failure: unknown) => {
        if (!KafkaliteError.is(failure, 'LOCK_LOST')) throw failure
      })
    }
  }
}

class Abort extends Error {}
