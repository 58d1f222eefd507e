// A great many small operations on topics and partitions in files, with room for few open files, and a look at how many the process
// has open: on the way never many more than allowed, and after the close as many as before.

import fs from 'node:fs'
import { Broker } from '../../src/broker.js'
import type { Topic } from '../../src/client/topic.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'

const MAX_OPEN_FILES = 16
const TOPICS = 12

export interface Handles {
  readonly before: number
  readonly most: number
  readonly after: number
}

/** How many files this process has open. Linux tells; elsewhere the answer is always 0. */
function openHandles(): number {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0
}

/** Does that many operations in the folder. */
export async function countHandles(folder: string, operations: number, random: () => number): Promise<Handles> {
  const before = openHandles()
  let most = before
  const broker = await Broker.open({ storage: new FileStorage(folder, { maxOpenFiles: MAX_OPEN_FILES }) })
  const producer = broker.producer()
  const topics: Topic<string, string>[] = []
  const below = (end: number): number => Math.floor(random() * end)
  const make = async (at: number): Promise<void> => {
    const options = { partitions: 1 + below(3), segmentMs: 20 }
    topics[at] = await broker.topic(`topic-${at}`, options)
  }
  for (let at = 0; at < TOPICS; at++) await make(at)
  for (let n = 0; n < operations; n++) {
    const at = below(TOPICS)
    const topic = topics[at] as Topic<string, string>
    const partition = topic.partition(below(topic.partitions.length))
    const dice = random()
    if (dice < 0.7) await producer.send(topic, { value: String(n), partition: partition.id })
    else if (dice < 0.85) await partition.offsetAt(below(2_000_000_000_000))
    else if (dice < 0.95) for await (const _ of topic.read({ from: 'earliest', limit: 1, to: 'end', partitions: [partition.id] })) break
    else if (dice < 0.975) await broker.group('group').reset([{ topic: topic.name, partition: partition.id, offset: 0 }])
    else if (dice < 0.999) await partition.deleteRecords(-1)
    else {
      await topic.delete()
      await make(at)
    }
    if (n % 500 === 0) most = Math.max(most, openHandles())
  }
  await broker.close()
  return { before, most, after: openHandles() }
}
