// The look at everything after a start: which topics there are, every record of every partition, what groups have committed, and what
// the queue hands out, each against its model; and whether what indexes say is what reading everything says.

import { KafkaliteError } from '../../src/errors.js'
import type { ConsumerRecord } from '../../src/client/consumer-record.js'
import type { Topic } from '../../src/client/topic.js'
import type { EpochStart, TopicPartition } from '../../src/core/cluster.js'
import { epochAt } from './epochs-model.js'
import type { Life } from './life.js'
import type { ReadRecord, Scan } from './expectation.js'
import type { LogModel } from './log-model.js'
import type { TopicModel } from './topic-model.js'
import { claim } from './violation.js'

export const GROUPS: readonly string[] = ['one', 'two']

/** Throws a Violation when a promise was broken. When the process dies meanwhile nothing is concluded. */
export async function verify(life: Life): Promise<void> {
  const { world } = life
  // Their processes are dead: nobody ends them any more.
  for (const transaction of world.transactions) transaction.abandon()
  await checkTopics(life)
  for (const model of world.topics.values()) {
    const topic = life.topics.get(model.name) as Topic<string, string>
    const ends: number[] = []
    const starts: number[] = []
    for (const log of model.logs) {
      const scan = await read(life, topic, model.logs.indexOf(log))
      if (!life.alive) return
      log.check(scan, world.lastEnd, world.nowMs, world.verifiedEnd === 'close')
      ends.push(scan.end)
      // Retention moves starts too.
      starts.push(Math.max(log.startAsked, scan.start))
      await checkLookups(life, topic, model.logs.indexOf(log), log, scan)
    }
    for (const [group, commits] of model.commits) {
      const found = await committed(life, model, group)
      if (!life.alive) return
      commits.check(found, starts, world.lastEnd)
      found.forEach((offset, id) => {
        const end = ends[id] as number
        claim(offset === null || offset <= end, () => `group ${group} has committed ${offset} in ${model.name}-${id}, which ends at ${end}`)
      })
    }
  }
  const delivered = await checkQueue(life)
  if (!life.alive) return
  const logs = new Set([...world.topics.values()].flatMap((model) => model.logs))
  for (const transaction of world.transactions) transaction.check(logs, delivered)
}

/** The whole partition. */
export async function read(life: Life, topic: Topic<string, string>, id: number): Promise<Scan> {
  const partition = topic.partition(id)
  const [start, end] = [await partition.startOffset(), await partition.endOffset()]
  const epochs = await epochsOf(life, { topic: topic.name, partition: id })
  if (start === end) return { start, end, epochs, records: [] }
  const records: ReadRecord[] = []
  for await (const batch of topic.read({ from: 'earliest', to: 'end', partitions: [id], isolation: 'read_committed' }).batches()) {
    for (const record of batch) records.push({ offset: record.offset, value: contentOf(record), timestamp: record.timestamp })
    if (!life.alive) break
  }
  return { start, end, records, epochs }
}

/** The leader epochs of the partition, which its batches say too. */
async function epochsOf({ cluster }: Life, place: TopicPartition): Promise<readonly EpochStart[]> {
  const starts = await cluster.epochStarts(place)
  const limits = { maxWaitMs: 0, maxBytes: 1e8, maxPartitionBytes: 1e8, isolation: 'read_uncommitted' as const }
  const start = (await cluster.offset(place, 'earliest'))?.offset ?? 0
  const found = await cluster.fetch({ positions: [{ ...place, offset: start }], ...limits })
  for (const { baseOffset, leaderEpoch } of found.flatMap(({ batches }) => batches)) {
    const told = epochAt(starts, Math.max(start, baseOffset))
    claim(
      leaderEpoch === told,
      () =>
        `${place.topic}-${place.partition}: the batch at ${baseOffset} is of epoch ${leaderEpoch}, not of ${told}: ${JSON.stringify(starts)}`,
    )
  }
  return starts
}

async function checkTopics(life: Life): Promise<void> {
  const { world, broker } = life
  const there = new Map((await broker.topics()).filter(({ internal }) => !internal).map((topic) => [topic.name, topic]))
  claim(there.delete('jobs'), () => 'the topic of the queue is gone')
  for (const model of [...world.topics.values()]) {
    const found = there.get(model.name)
    there.delete(model.name)
    if (found === undefined) {
      claim(model.state !== 'there', () => `topic ${model.name} is gone`)
      world.topics.delete(model.name)
      continue
    }
    const { partitions, config } = found
    const { shape } = model
    claim(
      (partitions === model.logs.length || partitions === model.asked) &&
        config.segmentMs === shape.segmentMs &&
        model.terms.settle(config),
      () => `topic ${model.name} came back another: ${JSON.stringify(found)}`,
    )
    if (model.state === 'deleting') for (const commits of model.commits.values()) commits.removing = true
    model.state = 'there'
    model.grow(partitions)
    model.asked = partitions
    life.topics.set(model.name, await broker.topic(model.name))
  }
  claim(there.size === 0, () => `topics that nobody created: ${[...there.keys()].join()}`)
}

/** A place by time and a place by offset are where reading everything says they are. */
async function checkLookups(life: Life, topic: Topic<string, string>, id: number, log: LogModel, scan: Scan): Promise<void> {
  const { world } = life
  const { records } = scan
  if (records.length === 0) return
  for (let n = 0; n < 2; n++) {
    const time = world.pick(records).timestamp + world.below(3) - 1
    const expected = records.find(({ timestamp }) => timestamp >= time)?.offset ?? null
    const found = await topic.partition(id).offsetAt(time)
    // What nobody reads, of transactions, has times too.
    const isRight = found === expected || (log.hasTransactions && found !== null && found < (expected ?? Infinity))
    claim(isRight, () => `${log.name}: the first record at or after ${time} is ${expected}, the index says ${found}`)
  }
  const from = world.pick(records)
  for await (const batch of topic
    .read({ from: { offset: from.offset }, limit: 1, partitions: [id], isolation: 'read_committed' })
    .batches()) {
    const first = batch[0]
    claim(
      first?.offset === from.offset && contentOf(first) === from.value,
      () => `${log.name}: reading at ${from.offset} gives ${first?.offset}`,
    )
  }
}

/** By partition; null where nothing is committed. */
async function committed(life: Life, { name, logs }: TopicModel, groupId: string): Promise<(number | null)[]> {
  const offsets: (number | null)[] = logs.map(() => null)
  const lag = await life.broker
    .group(groupId)
    .lag()
    .catch((error: unknown) => {
      if (KafkaliteError.is(error, 'GROUP_ID_NOT_FOUND')) return null
      throw error
    })
  for (const { topic, partition, committed: offset } of lag?.partitions ?? []) if (topic === name) offsets[partition] = offset
  return offsets
}

/** Takes everything that the queue has and keeps it: later operations settle it. */
async function checkQueue(life: Life): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (;;) {
    const messages = await life.queue.receive({ max: 1000, timeoutMs: 0 })
    if (messages.length === 0) break
    for (const message of messages) {
      claim(!found.has(message.value), () => `${message.value} is delivered twice`)
      found.set(message.value, message.deliveryCount)
      life.held.push(message)
    }
  }
  if (life.alive) life.world.queue.check(found, life.world.lastEnd)
  return found
}

/** As the model knows it: a tombstone carries that beside it. */
function contentOf({ value, headers }: ConsumerRecord<string>): string {
  return value ?? headers.text('name') ?? ''
}
