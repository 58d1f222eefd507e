// Our side of the comparisons of queues: the whole way of a message, send, process and acknowledge, in memory or in a folder of files.

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Broker, FileStorage, type Flush, type Queue } from 'kafkalite'
import { mustBe, type Prepare } from './ratio.js'
import { freshValue, Seen, SMALL } from './values.js'

export async function checkEmpty(queue: Queue<string>): Promise<void> {
  const { available, delayed, acquired, dead } = await queue.counts()
  mustBe('messages left', available + delayed + acquired + dead, 0)
}

export async function openQueue(scratch: string, flush: Flush | 'memory') {
  const folder = mkdtempSync(join(scratch, 'queue-'))
  const broker = await Broker.open(flush === 'memory' ? {} : { storage: new FileStorage(folder), flush })
  const end = async (): Promise<void> => {
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { queue: await broker.queue<string>('bench'), end }
}

/** `senders` of them, each sending `perSend` at a time and waiting until they are in the queue, to handlers that run beside. */
export const ourQueue =
  (scratch: string, flush: Flush | 'memory', count: number, senders: number, perSend: number, concurrency: number): Prepare =>
  async () => {
    const { queue, end } = await openQueue(scratch, flush)
    let next = 0
    const sender = async (): Promise<void> => {
      while (next < count) {
        const first = next
        next += perSend
        if (perSend === 1) await queue.send({ value: freshValue(SMALL, first) })
        else await queue.send(Array.from({ length: perSend }, (_, i) => ({ value: freshValue(SMALL, first + i) })))
      }
    }
    return {
      units: count,
      async work() {
        const seen = new Seen(count)
        const receiver = await queue.process(({ value }) => seen.see(value), { concurrency })
        await Promise.all(Array.from({ length: senders }, sender))
        await queue.drained()
        await receiver.close()
        seen.check()
        await checkEmpty(queue)
      },
      end,
    }
  }
