// One history of a queue against a simple model: random sends, receives, settlements, time, restarts and crashes. What the model says
// must hold after every step: nothing is lost, nothing comes early, nothing comes back after its acknowledgement was written, a key is
// worked off in the order of sending, an id is sent once, and every delivery has the next count.

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type { Message } from '../../src/client/message.js'
import type { Queue } from '../../src/client/queue.js'
import type { QueueOptions } from '../../src/client/queue-options.js'
import { KafkaliteError } from '../../src/errors.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { type OpenBroker, openBroker } from './queue-fixture.js'

const LOCK_MS = 1000
const MAX_DELIVERIES = 3
const WINDOW_MS = 2000

interface Expected {
  order: number
  readonly key: string | null
  readonly id: string | undefined
  readonly sentMs: number
  expiresMs: number
  count: number
  state: 'waiting' | 'held' | 'done' | 'dead' | 'gone'
  until: number
}

export class QueueRun {
  readonly clock = new VirtualClock()
  readonly storage = new MemoryStorage()
  readonly model = new Map<string, Expected>()
  private readonly options: QueueOptions<string>
  private readonly keyed: boolean
  private held = new Map<string, Message<string>>()
  private broker!: OpenBroker
  private queue!: Queue<string>
  private sent = 0
  private ordered = 0
  private crashed = false

  constructor(private readonly random: () => number) {
    this.keyed = random() < 0.5
    this.options = {
      lockMs: LOCK_MS,
      maxDeliveries: MAX_DELIVERIES,
      partitions: 1 + Math.floor(random() * 3),
      dedupWindowMs: WINDOW_MS,
      order: this.keyed ? 'key' : 'none',
    }
  }

  async open(): Promise<void> {
    this.broker = await openBroker({ clock: this.clock, storage: this.storage })
    this.queue = await this.broker.queue<string>('jobs', this.options)
    // What was crashed goes on for a moment and fails; that is no news.
    this.queue.on('error', () => undefined)
  }

  async step(): Promise<void> {
    const dice = this.random()
    if (dice < 0.25) await this.send()
    else if (dice < 0.55) await this.receive()
    else if (dice < 0.84) await this.settle()
    else if (dice < 0.91) await this.pass(Math.floor(this.random() * LOCK_MS))
    else if (dice < 0.93) await this.redrive()
    else if (dice < 0.95) await this.remove()
    else await this.reopen(dice < 0.975)
  }

  /** Works off everything that is left and compares the ends. */
  async finish(): Promise<void> {
    await this.pass(LOCK_MS * 4)
    for (;;) {
      await this.receive(1000)
      if (this.held.size === 0) break
      for (const [value, message] of this.held) {
        await message.acknowledge()
        this.expected(value).state = 'done'
      }
      this.held.clear()
    }
    for (const expected of this.model.values()) this.expire(expected)
    const states = [...this.model.values()].map(({ state }) => state)
    ok(!states.includes('waiting'), 'a message was lost')
    const dead = states.filter((state) => state === 'dead').length
    deepStrictEqual(await this.queue.counts(), { available: 0, delayed: 0, acquired: 0, dead })
    strictEqual(await this.queue.redrive(), dead)
    await this.broker.cluster.close()
    await this.queue.close()
    // A broker that crashed never took back its timers.
    if (!this.crashed) strictEqual(this.clock.pending, 0, 'a timer was left behind')
  }

  private expected(value: string): Expected {
    const expected = this.model.get(value)
    ok(expected !== undefined, `${value} was never sent`)
    return expected
  }

  private async send(): Promise<void> {
    const now = this.clock.now()
    const messages = Array.from({ length: 1 + Math.floor(this.random() * 5) }, () => ({
      value: `m${this.sent++}`,
      key: this.random() < 0.6 ? String(this.sent % 5) : null,
      delayMs: this.random() < 0.2 && !this.keyed ? Math.ceil(this.random() * 1500) : 0,
      id: this.random() < 0.3 ? `id${Math.floor(this.random() * 12)}` : undefined,
      ttlMs: this.random() < 0.1 ? 1 + Math.floor(this.random() * 3000) : undefined,
    }))
    const receipts = await this.queue.send(messages)
    messages.forEach(({ value, key, delayMs, id, ttlMs }, i) => {
      const before = id === undefined ? undefined : [...this.model.values()].findLast((other) => other.id === id)
      const isDuplicate = before !== undefined && before.sentMs > now - WINDOW_MS
      strictEqual(receipts[i]?.duplicate, isDuplicate, `${value} with ${id}`)
      if (isDuplicate) return
      const expiresMs = ttlMs === undefined ? Infinity : now + ttlMs
      const order = this.ordered++
      this.model.set(value, { order, key, id, sentMs: now, expiresMs, count: 0, state: 'waiting', until: now + delayMs })
    })
  }

  private expire(expected: Expected): void {
    if (expected.state === 'waiting' && expected.expiresMs <= this.clock.now() && expected.until <= this.clock.now())
      expected.state = 'gone'
  }

  /** Whether another of the key has to be finished first. */
  private isBehind({ key, order }: Expected): boolean {
    if (!this.keyed || key === null) return false
    for (const other of this.model.values()) {
      if (other.order >= order) return false
      if (other.key === key && (other.state === 'held' || other.state === 'waiting')) return true
    }
    return false
  }

  private async receive(max = 1 + Math.floor(this.random() * 6)): Promise<void> {
    for (const expected of this.model.values()) this.expire(expected)
    const ready = [...this.model.values()].filter(
      (expected) => expected.state === 'waiting' && expected.until <= this.clock.now() && !this.isBehind(expected),
    ).length
    const messages = await this.queue.receive({ max, timeoutMs: 0 })
    strictEqual(messages.length, Math.min(max, ready), 'so many came')
    for (const message of messages) {
      const expected = this.expected(message.value)
      deepStrictEqual([message.value, expected.state, message.deliveryCount], [message.value, 'waiting', expected.count + 1])
      ok(expected.until <= this.clock.now(), `${message.value} came early`)
      ok(!this.isBehind(expected), `${message.value} overtook another of its key`)
      Object.assign(expected, { state: 'held', count: message.deliveryCount, until: this.clock.now() + LOCK_MS })
      this.held.set(message.value, message)
    }
  }

  private async settle(): Promise<void> {
    const [value, message] = [...this.held][Math.floor(this.random() * this.held.size)] ?? []
    if (value === undefined || message === undefined) return
    this.held.delete(value)
    const expected = this.expected(value)
    const dice = this.random()
    if (dice < 0.6) {
      await message.acknowledge(this.random() < 0.3 ? { value } : undefined)
      expected.state = 'done'
    } else if (dice < 0.9) {
      const delayMs = this.random() < 0.5 ? 0 : Math.ceil(this.random() * 500)
      await message.release({ delayMs })
      this.back(expected, this.clock.now() + delayMs)
    } else {
      await message.reject('no')
      expected.state = 'dead'
    }
  }

  private async remove(): Promise<void> {
    const waiting = [...this.model.entries()].filter(([, { state, id }]) => state === 'waiting' && id !== undefined)
    const [, expected] = waiting[Math.floor(this.random() * waiting.length)] ?? []
    if (expected?.id === undefined || (await this.queue.status(expected.id)).state === 'archived') return
    if (await this.queue.remove(expected.id)) {
      // Of several with the id the one that was sent last.
      const last = [...this.model.values()].findLast(({ id }) => id === expected.id) as Expected
      ok(last.state === 'waiting', 'only what nobody holds is removed')
      last.state = 'gone'
    }
  }

  /** One dead letter goes back: behind all others, its count anew, and it does not expire any more. */
  private async redrive(): Promise<void> {
    await this.clock.settle()
    const dead = [...this.model].filter(([, { state, id }]) => state === 'dead' && id === undefined)
    const [value, expected] = dead[Math.floor(this.random() * dead.length)] ?? []
    if (value === undefined || expected === undefined) return
    strictEqual(await this.queue.redrive({ filter: (message) => message.value === value }), 1, `${value} went back`)
    const order = this.ordered++
    Object.assign(expected, { order, state: 'waiting', count: 0, until: this.clock.now(), expiresMs: Infinity })
    this.model.delete(value)
    this.model.set(value, expected)
  }

  private async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    for (const [value, message] of [...this.held]) {
      const expected = this.expected(value)
      if (expected.until > this.clock.now()) continue
      this.held.delete(value)
      this.back(expected, this.clock.now())
      const code = await message.acknowledge().then(
        () => 'acknowledged',
        (error: unknown) => (KafkaliteError.is(error) ? error.code : String(error)),
      )
      strictEqual(code, 'LOCK_LOST')
    }
  }

  private async reopen(crash: boolean): Promise<void> {
    this.crashed ||= crash
    if (crash) await this.storage.close()
    else await this.broker.cluster.close()
    await this.queue.close().catch(() => undefined)
    for (const value of this.held.keys()) {
      const expected = this.expected(value)
      if (!crash) expected.count--
      this.back(expected, this.clock.now())
    }
    this.held.clear()
    await this.open()
    await this.clock.settle()
  }

  private back(expected: Expected, until: number): void {
    expected.until = until
    expected.state = expected.count >= MAX_DELIVERIES ? 'dead' : 'waiting'
  }
}

/** Plays the history of that seed; throws where it departs from the model. */
export async function playHistory(random: () => number, steps: number): Promise<number> {
  const run = new QueueRun(random)
  await run.open()
  for (let step = 0; step < steps; step++) await run.step()
  await run.finish()
  return run.model.size
}
