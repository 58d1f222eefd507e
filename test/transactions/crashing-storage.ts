// A storage that dies: after so many writes it does, does half of, or leaves out the last one, and then nothing any more, as if the
// process had been killed. What it kept is there for the next one. It answers at once or a few turns later, as chance decides.

import {
  KafkaliteError,
  type LogAppend,
  type LogConfig,
  type LogStore,
  MemoryStorage,
  type PackedBatch,
  type Storage,
} from '../../src/index.js'
import type { Mortal } from './disk.js'
import type { StorageContext } from '../../src/storage/storage.js'
import type { Awaitable } from '../../src/lib/awaitable.js'

export interface CrashOptions {
  readonly random: () => number
  /** Whether a commit over several logs is all or none over a crash. */
  readonly atomic: boolean
  /** How often an answer comes later instead of at once. */
  readonly slowness: number
}

/** What is in memory outlives the brokers. */
export function memoryDisk(options: CrashOptions): { next(): CrashingStorage } {
  const inner = new MemoryStorage()
  return { next: () => new CrashingStorage(inner, options) }
}

export class CrashingStorage implements Mortal, Storage {
  readonly storage = this

  readonly supports: Storage['supports']
  crashed = false
  private writesLeft = Number.POSITIVE_INFINITY
  private readonly inners = new Map<LogStore, LogStore>()

  constructor(
    private readonly inner: Storage,
    private readonly options: CrashOptions,
  ) {
    this.supports = { ...inner.supports, atomicCommit: options.atomic }
  }

  /** Dies in the write after `writes` others. */
  crashAfter(writes: number): void {
    this.writesLeft = writes
  }

  /** The process is gone: lets go of what it held. */
  async die(): Promise<void> {
    this.crashed = true
    await this.inner.close()
  }

  open(context: StorageContext): Awaitable<void> {
    return this.inner.open(context)
  }

  list(): Awaitable<readonly string[]> {
    return this.alive(() => this.inner.list())
  }

  log(name: string, config: LogConfig): LogStore {
    const log = this.alive(() => this.inner.log(name, config)) as LogStore
    const mortal = new Proxy(log, {
      get: (target, property) => {
        if (property === 'append') return (batches: readonly PackedBatch[]) => this.write(() => target.append(batches), null)
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.alive(() => (value as (...given: unknown[]) => unknown).apply(target, args))
      },
    })
    this.inners.set(mortal, log)
    return mortal
  }

  remove(name: string): Awaitable<void> {
    return this.write(() => this.inner.remove(name), null)
  }

  commit(appends: readonly LogAppend[]): Awaitable<void> {
    const inner = appends.map(({ log, batches }) => ({ log: this.inners.get(log) ?? log, batches }))
    const part = this.options.atomic
      ? null
      : (): void => {
          const some = inner.slice(0, Math.floor(this.options.random() * (inner.length + 1)))
          if (some.length > 0) this.inner.commit(some)
        }
    return this.write(() => this.inner.commit(inner), part)
  }

  sync(): Awaitable<void> {
    return this.alive(() => this.later(() => this.inner.sync()))
  }

  close(): Awaitable<void> {
    return this.crashed ? undefined : this.inner.close()
  }

  private write(run: () => Awaitable<void>, part: (() => void) | null): Awaitable<void> {
    return this.alive(() => {
      if (this.writesLeft-- > 0) return this.later(run)
      // It died before, in or after the write; nobody was answered.
      const { random } = this.options
      if (random() < 0.5) void run()
      else part?.()
      this.crashed = true
      throw dead()
    })
  }

  private later<T>(run: () => Awaitable<T>): Awaitable<T> {
    const { random, slowness } = this.options
    if (random() >= slowness) return run()
    const turns = Math.floor(random() * 12)
    return (async () => {
      for (let turn = 0; turn < turns; turn++) await undefined
      return this.alive(run)
    })()
  }

  private alive<T>(run: () => T): T {
    if (this.crashed) throw dead()
    return run()
  }
}

function dead(): KafkaliteError {
  return new KafkaliteError('STORAGE_FAILED', 'The process is dead')
}
