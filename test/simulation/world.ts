// What outlives a process: the disk, the time, chance, and the models of everything that was promised. The plan of a run (flush
// levels, faults, how long processes live) is drawn from the seed when it begins.

import type { Flush } from '../../src/core/topic-config.js'
import { type FaultRates, FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { seededRandom } from '../../src/testing/seeded-random.js'
import type { End } from './expectation.js'
import { QueueModel } from './queue-model.js'
import type { TopicModel } from './topic-model.js'
import type { TransactionModel } from './transaction-model.js'

const LEVELS: readonly Flush[] = ['always', 'interval', 'os']

export class World {
  readonly random: () => number
  readonly flush: Flush
  readonly faults: FaultRates
  readonly maxOpenFiles: number
  /** Half of the disks have a journal that turns over within a life. */
  readonly journalFileBytes: number
  readonly topics = new Map<string, TopicModel>()
  readonly transactions: TransactionModel[] = []
  readonly queue: QueueModel
  disk: FaultyFileSystem
  /** The time goes on from life to life. */
  nowMs = 1_735_689_600_000
  incarnations = 0
  /** What ended the lives since everything was last looked at, the worst of them. */
  lastEnd: End = 'close'
  /** What ended the last life that had looked at everything; those since have died while they started. */
  verifiedEnd: End = 'close'
  /** Whether this life has looked at everything. */
  verified = false
  /** How many file system calls the lives made so far, for choosing where to crash. */
  callsPerLife = 200
  /** What happened, for whoever looks into a failure; null: nobody does. */
  readonly trace: string[] | null

  constructor(
    readonly seed: number,
    trace: boolean,
  ) {
    this.random = seededRandom(seed)
    this.trace = trace ? [] : null
    this.flush = this.pick(LEVELS)
    const rate = this.chance(0.3) ? 0.01 : 0
    this.faults = {
      slowSync: this.chance(0.7) ? 0.5 : 0,
      ...(rate > 0 && { write: rate * this.random(), noSpace: rate, sync: rate, open: rate * this.random() }),
    }
    this.maxOpenFiles = this.chance(0.2) ? 4 : 512
    this.journalFileBytes = this.chance(0.5) ? 65_536 : 1_048_576
    this.disk = new FaultyFileSystem({ random: this.random })
    this.queue = new QueueModel(this.flush, 'jobs')
  }

  get hasFaults(): boolean {
    return this.faults.sync !== undefined
  }

  /** A whole number from 0 below `below`. */
  below(below: number): number {
    return Math.floor(this.random() * below)
  }

  chance(likely: number): boolean {
    return this.random() < likely
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  level(): Flush {
    return this.pick(LEVELS)
  }

  note(words: () => string): void {
    this.trace?.push(words())
  }
}
