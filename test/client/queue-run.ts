// One history of a queue against a simple model: random sends, receives, settlements, time, restarts and crashes. What the model says
// must hold after every step: nothing is lost, nothing comes early, nothing comes back after its acknowledgement was written, a key is
// worked off in the order of sending, an id is sent once, and every delivery has the next count. Half of the histories go on files:
// there the process dies and the power goes, between two steps and in the midst of one, and whatever was promised holds all the same.

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import type { Message } from '../../src/client/message.js'
import type { Queue } from '../../src/client/queue.js'
import type { QueueOptions } from '../../src/client/queue-options.js'
import { KafkaliteError } from '../../src/errors.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
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
  /** A power cut may have taken the newest of these deliveries. */
  countMin: number
  state: 'waiting' | 'held' | 'done' | 'dead' | 'gone'
  until: number
}

export class QueueRun {
  readonly clock = new VirtualClock()
  private readonly memory = new MemoryStorage()
  /** Null: the history goes in memory. */
  private disk: FaultyFileSystem | null
  readonly model = new Map<string, Expected>()
  private readonly options: QueueOptions<string>
  private readonly keyed: boolean
  private held = new Map<string, Message<string>>()
  private broker!: OpenBroker
  private queue!: Queue<string>
  private sent = 0
  private ordered = 0
  private crashed = false
  /** What the step under way does to the model, should it turn out that it was done. */
  private undecided: (() => void) | null = null
  private readonly maxDeliveries: number

  constructor(
    private readonly random: () => number,
    onFiles: boolean,
  ) {
    this.disk = onFiles ? new FaultyFileSystem({ random }) : null
    this.keyed = random() < 0.5
    // Where a count may be lost nothing may hang on it.
    this.maxDeliveries = onFiles ? 1000 : MAX_DELIVERIES
    this.options = {
      lockMs: LOCK_MS,
      maxDeliveries: this.maxDeliveries,
      partitions: 1 + Math.floor(random() * 3),
      dedupWindowMs: WINDOW_MS,
      order: this.keyed ? 'key' : 'none',
    }
  }

  async open(): Promise<void> {
    const { clock, disk, memory } = this
    const storage = disk === null ? memory : new FileStorage('/data', { fileSystem: disk, journalFileBytes: 65_536 })
    this.broker = await openBroker({ clock, storage, flush: disk === null ? 'os' : 'always' })
    this.queue = await this.broker.queue<string>('jobs', this.options)
    // What was crashed goes on for a moment and fails; that is no news.
    this.queue.on('error', () => undefined)
  }

  async step(): Promise<void> {
    const { disk } = this
    if (disk === null) return this.act()
    if (this.random() < 0.15) disk.crashAfter(Math.floor(this.random() * 12))
    try {
      await this.act()
    } catch (error) {
      if (!disk.crashed) throw error
    }
    if (disk.crashed) await this.recover()
  }

  private async act(): Promise<void> {
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
    this.disk?.crashAfter(Infinity)
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
      ttlMs: this.random() < 0.1 && this.disk === null ? 1 + Math.floor(this.random() * 3000) : undefined,
    }))
    const isDuplicate = messages.map(({ id }, i) => {
      if (id === undefined) return false
      const before = [...this.model.values()].findLast((other) => other.id === id)
      return (before !== undefined && before.sentMs > now - WINDOW_MS) || messages.slice(0, i).some((other) => other.id === id)
    })
    this.undecided = () => {
      messages.forEach(({ value, key, delayMs, id, ttlMs }, i) => {
        if (isDuplicate[i] === true) return
        const expiresMs = ttlMs === undefined ? Infinity : now + ttlMs
        const [order, until] = [this.ordered++, now + delayMs]
        this.model.set(value, { order, key, id, sentMs: now, expiresMs, count: 0, countMin: 0, state: 'waiting', until })
      })
    }
    const receipts = await this.queue.send(messages)
    messages.forEach(({ value, id }, i) => strictEqual(receipts[i]?.duplicate, isDuplicate[i], `${value} with ${id}`))
    this.decide()
  }

  private decide(): void {
    this.undecided?.()
    this.undecided = null
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
      deepStrictEqual([message.value, expected.state], [message.value, 'waiting'])
      const { deliveryCount } = message
      ok(deliveryCount > expected.countMin && deliveryCount <= expected.count + 1, `${message.value} comes with count ${deliveryCount}`)
      ok(expected.until <= this.clock.now(), `${message.value} came early`)
      ok(!this.isBehind(expected), `${message.value} overtook another of its key`)
      Object.assign(expected, { state: 'held', count: deliveryCount, countMin: deliveryCount, until: this.clock.now() + LOCK_MS })
      this.held.set(message.value, message)
    }
  }

  private async settle(): Promise<void> {
    const [value, message] = [...this.held][Math.floor(this.random() * this.held.size)] ?? []
    if (value === undefined || message === undefined) return
    const expected = this.expected(value)
    const dice = this.random()
    if (dice < 0.6) {
      this.undecided = () => (expected.state = 'done')
      await message.acknowledge(this.random() < 0.3 ? { value } : undefined)
    } else if (dice < 0.9) {
      const delayMs = this.random() < 0.5 ? 0 : Math.ceil(this.random() * 500)
      this.undecided = () => this.back(expected, this.clock.now() + delayMs)
      await message.release({ delayMs })
    } else {
      this.undecided = () => (expected.state = 'dead')
      await message.reject('no')
    }
    this.held.delete(value)
    this.decide()
  }

  private async remove(): Promise<void> {
    const waiting = [...this.model.entries()].filter(([, { state, id }]) => state === 'waiting' && id !== undefined)
    const [, expected] = waiting[Math.floor(this.random() * waiting.length)] ?? []
    if (expected?.id === undefined || (await this.queue.status(expected.id)).state === 'archived') return
    // Of several with the id the one that was sent last.
    const last = [...this.model.values()].findLast(({ id }) => id === expected.id) as Expected
    this.undecided = () => {
      ok(last.state === 'waiting', 'only what nobody holds is removed')
      last.state = 'gone'
    }
    if (await this.queue.remove(expected.id)) this.decide()
    this.undecided = null
  }

  /** One dead letter goes back: behind all others, its count anew, and it does not expire any more. */
  private async redrive(): Promise<void> {
    // It is two steps when the process dies in between, and the model knows only one.
    this.disk?.crashAfter(Infinity)
    await this.clock.settle()
    const dead = [...this.model].filter(([, { state, id }]) => state === 'dead' && id === undefined)
    const [value, expected] = dead[Math.floor(this.random() * dead.length)] ?? []
    if (value === undefined || expected === undefined) return
    strictEqual(await this.queue.redrive({ filter: (message) => message.value === value }), 1, `${value} went back`)
    const order = this.ordered++
    Object.assign(expected, { order, state: 'waiting', count: 0, countMin: 0, until: this.clock.now(), expiresMs: Infinity })
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
      if (this.disk?.crashed === true) continue
      const code = await message.acknowledge().then(
        () => 'acknowledged',
        (error: unknown) => (KafkaliteError.is(error) ? error.code : String(error)),
      )
      strictEqual(code, 'LOCK_LOST')
    }
  }

  private async reopen(crash: boolean): Promise<void> {
    if (crash && this.disk !== null) return this.recover()
    this.crashed ||= crash
    // A close gives back uncounted, also one that is cut short.
    if (!crash) for (const value of this.held.keys()) this.expected(value).countMin = this.expected(value).count - 1
    if (crash) await this.memory.close()
    else await this.broker.cluster.close()
    await this.queue.close().catch(() => undefined)
    this.giveBack(!crash)
    await this.open()
    await this.clock.settle()
  }

  /** A new process on what the dead one left, or the power cut; some die while they start. What was under way turns out to be done or not. */
  private async recover(): Promise<void> {
    this.crashed = true
    for (let tries = 0; ; tries++) {
      const kind = this.random() < 0.5 ? 'power' : 'process'
      this.disk = (this.disk as FaultyFileSystem).crash(kind)
      for (const expected of this.model.values()) {
        if (kind === 'power') expected.countMin = 0
        if (expected.state === 'waiting') expected.count++
      }
      this.giveBack(false)
      if (tries < 3 && this.random() < 0.2) this.disk.crashAfter(Math.floor(this.random() * 40))
      try {
        await this.open()
        await this.clock.settle()
        if (!this.disk.crashed) break
      } catch (error) {
        if (!this.disk.crashed) throw error
      }
    }
    this.disk.crashAfter(Infinity)
    const found = await this.queue.counts()
    if (!isDeepStrictEqual(found, this.counts())) this.decide()
    this.undecided = null
    deepStrictEqual(found, this.counts())
  }

  private counts(): { available: number; delayed: number; acquired: number; dead: number } {
    const counts = { available: 0, delayed: 0, acquired: 0, dead: 0 }
    for (const { state, until } of this.model.values()) {
      if (state === 'dead') counts.dead++
      if (state === 'waiting') counts[until > this.clock.now() ? 'delayed' : 'available']++
    }
    return counts
  }

  private giveBack(isUncounted: boolean): void {
    for (const value of this.held.keys()) {
      const expected = this.expected(value)
      if (isUncounted) expected.count--
      this.back(expected, this.clock.now())
    }
    this.held.clear()
  }

  private back(expected: Expected, until: number): void {
    expected.until = until
    expected.state = expected.count >= this.maxDeliveries ? 'dead' : 'waiting'
  }
}

/** Plays the history of that seed; throws where it departs from the model. */
export async function playHistory(random: () => number, steps: number, onFiles: boolean): Promise<number> {
  const run = new QueueRun(random, onFiles)
  await run.open()
  for (let step = 0; step < steps; step++) await run.step()
  await run.finish()
  return run.model.size
}
