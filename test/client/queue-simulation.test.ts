// A queue against a simple model, with random sends, receives, settlements, time, restarts and crashes. The seed names the run: a
// failure is repeated with that seed alone.

import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/client/message.js'
import type { Queue } from '../../src/client/queue.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { seededRandom } from '../core/cluster-fixture.js'
import { type OpenBroker, openBroker } from './queue-fixture.js'

const LOCK_MS = 1000
const MAX_DELIVERIES = 3

interface Expected {
  count: number
  state: 'waiting' | 'held' | 'done' | 'dead'
  until: number
}

class Run {
  readonly clock = new VirtualClock()
  readonly storage = new MemoryStorage()
  readonly model = new Map<string, Expected>()
  private held = new Map<string, Message<string>>()
  private broker!: OpenBroker
  private queue!: Queue<string>
  private sent = 0
  constructor(private readonly random: () => number) {}

  async open(): Promise<void> {
    this.broker = await openBroker({ clock: this.clock, storage: this.storage })
    this.queue = await this.broker.queue<string>('jobs', { lockMs: LOCK_MS, maxDeliveries: MAX_DELIVERIES, partitions: 2 })
    // What was crashed goes on for a moment and fails; that is no news.
    this.queue.on('error', () => undefined)
  }

  async step(): Promise<void> {
    const dice = this.random()
    if (dice < 0.25) await this.send()
    else if (dice < 0.55) await this.receive()
    else if (dice < 0.85) await this.settle()
    else if (dice < 0.95) await this.pass(Math.floor(this.random() * LOCK_MS))
    else await this.reopen(dice < 0.975)
  }

  /** Works off everything that is left and compares the ends. */
  async finish(): Promise<void> {
    await this.pass(LOCK_MS * 2)
    for (;;) {
      await this.receive(1000)
      if (this.held.size === 0) break
      for (const [value, message] of this.held) {
        await message.acknowledge()
        ;(this.model.get(value) as Expected).state = 'done'
      }
      this.held.clear()
    }
    const states = [...this.model.values()].map(({ state }) => state)
    expect(new Set(states)).not.toContain('waiting')
    expect(await this.queue.counts()).toEqual({
      available: 0,
      delayed: 0,
      acquired: 0,
      dead: states.filter((state) => state === 'dead').length,
    })
    await this.broker.cluster.close()
  }

  private async send(): Promise<void> {
    const batch = Array.from({ length: 1 + Math.floor(this.random() * 5) }, () => ({
      value: `m${this.sent++}`,
      key: this.random() < 0.5 ? String(this.sent % 7) : null,
      delayMs: this.random() < 0.2 ? Math.ceil(this.random() * 1500) : 0,
    }))
    await this.queue.send(batch)
    for (const { value, delayMs } of batch) this.model.set(value, { count: 0, state: 'waiting', until: this.clock.now() + delayMs })
  }

  private async receive(max = 1 + Math.floor(this.random() * 6)): Promise<void> {
    const ready = [...this.model.values()].filter(({ state, until }) => state === 'waiting' && until <= this.clock.now()).length
    const messages = await this.queue.receive({ max, timeoutMs: 0 })
    expect(messages.length).toBe(Math.min(max, ready))
    for (const message of messages) {
      const expected = this.model.get(message.value) as Expected
      expect([message.value, expected.state, message.deliveryCount]).toEqual([message.value, 'waiting', expected.count + 1])
      Object.assign(expected, { state: 'held', count: message.deliveryCount, until: this.clock.now() + LOCK_MS })
      this.held.set(message.value, message)
    }
  }

  private async settle(): Promise<void> {
    const [value, message] = [...this.held][Math.floor(this.random() * this.held.size)] ?? []
    if (value === undefined || message === undefined) return
    this.held.delete(value)
    const expected = this.model.get(value) as Expected
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

  private async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    for (const [value, message] of [...this.held]) {
      const expected = this.model.get(value) as Expected
      if (expected.until > this.clock.now()) continue
      this.held.delete(value)
      this.back(expected, this.clock.now())
      await expect(message.acknowledge()).rejects.toThrow('not held')
    }
  }

  private async reopen(crash: boolean): Promise<void> {
    if (crash) await this.storage.close()
    else await this.broker.cluster.close()
    for (const value of this.held.keys()) {
      const expected = this.model.get(value) as Expected
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

describe('a queue does what a simple model says', () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))('with seed %i', async (seed) => {
    const run = new Run(seededRandom(seed))
    await run.open()
    for (let step = 0; step < 250; step++) await run.step()
    await run.finish()
    expect(run.model.size).toBeGreaterThan(0)
  })
})
