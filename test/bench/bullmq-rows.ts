// A queue's whole way against BullMQ, with a Redis beside it on this machine and on a socket, which is the fastest that there is. Both get
// the same messages in the same portions and work on as many at a time. BullMQ's side is shorter, or a row would take an hour.

import type { Flush } from 'kafkalite'
import type { BullJob, BullWorker, Peers } from './peers.js'
import { ourQueue } from './queue-sides.js'
import { mustBe, type Prepare, type Row } from './ratio.js'
import { type AppendFsync, redisVersion, startRedis } from './redis.js'
import { freshValue, Seen, SMALL } from './values.js'

const CONCURRENCY = 64
const PORTION = 1000
const DONE_AT_ONCE = { removeOnComplete: true, removeOnFail: true }

const job = (at: number): BullJob => ({ name: 'job', data: freshValue(SMALL, at), opts: DONE_AT_ONCE })

function completed(worker: BullWorker, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count
    worker.on('completed', () => --left === 0 && resolve())
    worker.on('failed', (_job: unknown, error: unknown) => reject(error))
    worker.on('error', reject)
  })
}

/** `senders` of them, each sending `perSend` at a time and waiting until Redis has them. */
const bull =
  ({ BullMQ }: Peers, scratch: string, fsync: AppendFsync, count: number, senders: number, perSend: number): Prepare =>
  async () => {
    const redis = await startRedis(scratch, fsync)
    const connection = { path: redis.socket, maxRetriesPerRequest: null }
    const queue = new BullMQ.Queue('bench', { connection })
    const seen = new Seen(count)
    const worker = new BullMQ.Worker('bench', async ({ data }) => seen.see(data), { connection, concurrency: CONCURRENCY })
    await worker.waitUntilReady()
    let next = 0
    const sender = async (): Promise<void> => {
      while (next < count) {
        const first = next
        next += perSend
        if (perSend === 1) await queue.add('job', freshValue(SMALL, first), DONE_AT_ONCE)
        else await queue.addBulk(Array.from({ length: perSend }, (_, i) => job(first + i)))
      }
    }
    return {
      units: count,
      async work() {
        const done = completed(worker, count)
        await Promise.all(Array.from({ length: senders }, sender))
        await done
        seen.check()
        for (const left of Object.values(await queue.getJobCounts())) mustBe('jobs left', left, 0)
      },
      async end() {
        await worker.close()
        await queue.close()
        await redis.stop()
      },
    }
  }

const round = (count: number): number => Math.max(PORTION, Math.round(count / PORTION) * PORTION)

export function bullRows(peers: Peers, scratch: string, scale: number): Row[] {
  const missing = redisVersion() === null ? 'no redis-server on this machine' : undefined
  const row = (name: string, flush: Flush | 'memory', fsync: AppendFsync, ours: number, theirs: number, single: boolean): Row => ({
    name: `queue ${flush === 'memory' ? 'in memory' : `on files, flush '${flush}'`}, 100 B, ${name}, ${CONCURRENCY} handlers`,
    yardstick: `BullMQ, Redis ${fsync === 'none' ? 'in memory' : `appendfsync ${fsync}`}`,
    missing,
    ours: ourQueue(scratch, flush, round(ours * scale), single ? CONCURRENCY : 1, single ? 1 : PORTION, CONCURRENCY),
    theirs: bull(peers, scratch, fsync, round(theirs * scale), single ? CONCURRENCY : 1, single ? 1 : PORTION),
  })
  const bulk = `sent ${PORTION} at a time`
  const each = `${CONCURRENCY} senders, each send awaited`
  return [
    row(bulk, 'memory', 'none', 1_000_000, 20_000, false),
    row(each, 'memory', 'none', 300_000, 10_000, true),
    row(bulk, 'interval', 'everysec', 500_000, 20_000, false),
    row(each, 'interval', 'everysec', 200_000, 10_000, true),
    row(bulk, 'always', 'always', 200_000, 10_000, false),
    row(each, 'always', 'always', 30_000, 5_000, true),
  ]
}
