// Senders that wait for one message to be finished. While nobody waits a finished message costs one comparison.

import type { KafkaliteError } from '../../errors.js'
import type { Outcome } from '../queue-port.js'

interface Watcher {
  /** The session that waits. */
  readonly owner: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

export class SettledWatch {
  private readonly watchers = new Map<string, Set<Watcher>>()

  /** `written` settles when what happened so far is in the state log: nobody is told before. */
  constructor(private readonly written: () => Promise<void>) {}

  get size(): number {
    return this.watchers.size
  }

  wait(partition: number, offset: number, owner: number, signal?: AbortSignal): Promise<Outcome> {
    const key = `${partition}-${offset}`
    const waiting = this.watchers.get(key) ?? new Set<Watcher>()
    this.watchers.set(key, waiting)
    return new Promise((resolve, reject) => {
      const watcher: Watcher = {
        owner,
        resolve(outcome) {
          signal?.removeEventListener('abort', abort)
          resolve(outcome)
        },
        reject(error) {
          signal?.removeEventListener('abort', abort)
          reject(error)
        },
      }
      const abort = (): void => {
        waiting.delete(watcher)
        if (waiting.size === 0 && this.watchers.get(key) === waiting) this.watchers.delete(key)
        watcher.reject(signal?.reason)
      }
      waiting.add(watcher)
      signal?.addEventListener('abort', abort)
    })
  }

  settled(partition: number, offset: number, outcome: Outcome): void {
    const key = `${partition}-${offset}`
    const waiting = this.watchers.get(key)
    if (waiting === undefined) return
    this.watchers.delete(key)
    this.written().then(
      () => waiting.forEach((watcher) => watcher.resolve(outcome)),
      (error: unknown) => waiting.forEach((watcher) => watcher.reject(error)),
    )
  }

  /** Records of a partition below `end` were dropped: whoever waits for one of them hears what is known. */
  finishAll(partition: number, end: number, outcome: (offset: number) => Outcome | null): void {
    for (const key of [...this.watchers.keys()]) {
      const [of, offset] = key.split('-').map(Number) as [number, number]
      if (of !== partition || offset >= end) continue
      const known = outcome(offset)
      if (known === null || known.state === 'archived')
        this.settled(partition, offset, { state: 'archived', deliveryCount: 0, reason: 'purged' })
    }
  }

  /** Ends the waiting of one session. */
  leave(owner: number, error: KafkaliteError): void {
    for (const [key, waiting] of this.watchers) {
      for (const watcher of [...waiting]) {
        if (watcher.owner !== owner) continue
        waiting.delete(watcher)
        watcher.reject(error)
      }
      if (waiting.size === 0) this.watchers.delete(key)
    }
  }
}
