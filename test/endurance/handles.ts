// A great many small operations on topics and partitions in files, with room for few open files, and a look at how many the process
// has open: on the way never many more than allowed, and after the close as many as before.

import fs from 'node:fs'
import { Broker } from '../../src/broker.js'
import type { Partition } from '../../src/client/partition.js'
import type { Producer } from '../../src/client/producer.js'
import type { Topic } from '../../src/client/topic.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'

const MAX_OPEN_FILES = 16
const TOPICS = 12

export interface Handles {
  readonly before: number
  readonly most: number
  readonly after: number
}

/** What is under way, for whoever finds that it does not go on. */
export interface Doing {
  operation: number
  name: string
}

/** How many files this process has open. Linux tells; elsewhere the answer is always 0. */
function openHandles(): number {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0
}

interface Small {
  readonly broker: Broker
  readonly producer: Producer
  readonly topic: Topic<string, string>
  readonly partition: Partition
  readonly value: number
  readonly below: (end: number) => number
}

/** Up to which number from 0 to 1 chance chooses it, its name, what it does. */
const OPERATIONS: readonly (readonly [below: number, name: string, run: (small: Small) => Promise<unknown>])[] = [
  [0.7, 'send', ({ producer, topic, partition, value }) => producer.send(topic, { value: String(value), partition: partition.id })],
  [0.85, 'look up a time', ({ partition, below }) => partition.offsetAt(below(2_000_000_000_000))],
  [0.95, 'read', readOne],
  [
    0.975,
    'commit',
    ({ broker, topic, partition }) => broker.group('group').reset([{ topic: topic.name, partition: partition.id, offset: 0 }]),
  ],
  [0.999, 'delete records', ({ partition }) => partition.deleteRecords(-1)],
  [1, 'delete topic', ({ topic }) => topic.delete()],
]

async function readOne({ topic, partition }: Small): Promise<void> {
  for await (const _ of topic.read({ from: 'earliest', limit: 1, to: 'end', partitions: [partition.id] })) break
}

/** Does that many operations in the folder. */
export async function countHandles(
  folder: string,
  operations: number,
  random: () => number,
  doing: Doing = { operation: 0, name: '' },
): Promise<Handles> {
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
    const [, name, run] = OPERATIONS.find(([below]) => dice < below) as (typeof OPERATIONS)[number]
    Object.assign(doing, { operation: n, name })
    await run({ broker, producer, topic, partition, value: n, below })
    if (name === 'delete topic') await make(at)
    if (n % 500 === 0) most = Math.max(most, openHandles())
  }
  doing.name = 'close'
  await broker.close()
  return { before, most, after: openHandles() }
}
