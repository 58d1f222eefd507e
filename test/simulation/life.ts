// One life of a process: a broker on the disk as the last life left it, operations that run side by side, and an end. Whatever
// an operation learns after the process is dead counts as never learned.

import { Broker } from '../../src/broker.js'
import type { Message } from '../../src/client/message.js'
import type { Producer } from '../../src/client/producer.js'
import type { Queue } from '../../src/client/queue.js'
import type { Topic } from '../../src/client/topic.js'
import { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import { KafkaliteError } from '../../src/errors.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import type { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { claim, Violation } from './violation.js'
import type { World } from './world.js'

export const FOLDER = '/data'
export const FLUSH_INTERVAL_MS = 500
const PRODUCERS = 2
const TRANSACTORS = 2
/** Longer than any run lasts: no message comes again because its lock ran out. */
const LOCK_MS = 86_400_000
/** Turns of the event loop after which an operation that is not over never will be. */
const TURNS_MAX = 2000
/** What a broker may say when its disk fails. */
const DISK_FAILURES = ['DISK_FULL', 'STORAGE_FAILED'] as const

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Life {
  readonly clock: VirtualClock
  readonly held: Message<string>[] = []
  readonly topics = new Map<string, Topic<string, string>>()
  producers: readonly Producer[] = []
  /** Producers of transactions that have none open. */
  transactors: { readonly id: number; readonly producer: Producer }[] = []
  queue!: Queue<string>
  broker!: Broker
  cluster!: EmbeddedCluster
  /** The disk as this life found it: when it is dead another one takes its place in the world. */
  private readonly disk: FaultyFileSystem
  private readonly inFlight = new Set<Promise<void>>()
  private failure: Violation | null = null

  constructor(readonly world: World) {
    this.clock = new VirtualClock(world.nowMs)
    this.disk = world.disk
  }

  /** Whether the process still runs. */
  get alive(): boolean {
    return !this.disk.crashed
  }

  async open(): Promise<void> {
    const { world, clock } = this
    const storage = new FileStorage(FOLDER, {
      fileSystem: this.disk,
      maxOpenFiles: world.maxOpenFiles,
      journalFileBytes: world.journalFileBytes,
    })
    this.cluster = new EmbeddedCluster({
      storage,
      clock,
      random: world.random,
      flush: world.flush,
      flushIntervalMs: FLUSH_INTERVAL_MS,
      autoCreateTopics: false,
      topicDefaults: {},
    })
    this.broker = await Broker.open({ cluster: this.cluster })
    this.broker.on('error', (error) => this.background(error))
    this.producers = Array.from({ length: PRODUCERS }, () => this.broker.producer())
    this.transactors = Array.from({ length: TRANSACTORS }, (_, n) => ({
      id: PRODUCERS + n,
      producer: this.broker.producer({ transactionalId: `transactor-${n}` }),
    }))
    this.queue = await this.broker.queue<string>('jobs', { lockMs: LOCK_MS, maxDeliveries: 1000, partitions: 2 })
    this.queue.on('error', (error) => this.background(error))
  }

  /** Starts an operation. What it fails with is its own matter only when the disk or the process failed. */
  start(name: string, run: () => Promise<void>): void {
    const done = run()
      .catch((error: unknown) => this.judge(name, error))
      .finally(() => this.inFlight.delete(done))
    this.inFlight.add(done)
  }

  /** Waits for everything under way. An operation that never ends is a broken promise too. */
  async settle(): Promise<void> {
    for (let turns = 0; this.inFlight.size > 0; turns++) {
      claim(turns < TURNS_MAX, () => `${this.inFlight.size} operations never end`)
      this.disk.settleSyncs()
      await turn()
    }
    this.throwFailure()
  }

  /** Waits for one call, with slow syncs let go on the way. */
  async finish<T>(name: string, work: Promise<T>): Promise<T> {
    let over = false
    const done = work.finally(() => {
      over = true
    })
    done.catch(() => undefined)
    for (let turns = 0; !over; turns++) {
      claim(turns < TURNS_MAX, () => `${name} never ends`)
      this.disk.settleSyncs()
      await turn()
    }
    return done
  }

  throwFailure(): void {
    if (this.failure !== null) throw this.failure
  }

  /** Passes over what a crash or a disk that fails explains; anything else is a broken promise. */
  judge(name: string, error: unknown): void {
    if (error instanceof Violation) {
      this.failure ??= error
      return
    }
    if (!this.alive) return
    if (this.world.hasFaults && KafkaliteError.is(error, ...DISK_FAILURES)) {
      this.world.note(() => `  ${name} failed: ${error.code}`)
      return
    }
    this.failure ??= new Violation(`${name} failed: ${String(error)}`, { cause: error })
  }

  private background(error: KafkaliteError): void {
    this.judge('work in the background', error)
  }
}
