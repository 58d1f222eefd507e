// What a process does in the simulation, each with how likely it is. An operation says to the model what it is about to do, does it
// through the broker's public face, and says to the model what it was promised.

import type { Message } from '../../src/client/message.js'
import type { Transaction } from '../../src/client/transaction.js'
import { KafkaliteError } from '../../src/errors.js'
import { type Life, FLUSH_INTERVAL_MS, turn } from './life.js'
import type { TopicTerms } from './expectation.js'
import type { LogModel } from './log-model.js'
import { TopicModel } from './topic-model.js'
import { TransactionModel } from './transaction-model.js'
import { GROUPS, read } from './verification.js'
import { claim } from './violation.js'

type Operation = (life: Life) => Promise<void>

const KEYS = 6
const PARTITIONS_MAX = 4
const TOPICS = ['orders', 'visits', 'a.b-c_d'] as const

/** A topic that is there, and that no operation is creating or deleting. */
function anyTopic({ world, topics }: Life): { model: TopicModel; topic: NonNullable<ReturnType<typeof topics.get>> } | null {
  const there = [...world.topics.values()].filter(({ state, name }) => state === 'there' && topics.has(name))
  if (there.length === 0) return null
  const model = world.pick(there)
  return { model, topic: topics.get(model.name) as NonNullable<ReturnType<typeof topics.get>> }
}

/** Mostly small values, now and then one that fills pages. */
function sizeOf({ world }: Life): number {
  return world.chance(0.1) ? world.below(20_000) : world.below(world.chance(0.3) ? 3000 : 60)
}

interface Composed {
  readonly value: string
  readonly record: { key: string; value: string | null; timestamp: number; headers: Record<string, string> }
}

/** A record that the model knows of. */
function compose(life: Life, log: LogModel, producer: number, transaction?: TransactionModel): Composed {
  const { world, clock } = life
  const timestamp = clock.now() - world.below(3000)
  const key = `k${world.below(KEYS)}`
  const isTombstone = log.isCompacted && world.chance(0.15)
  const bytes = isTombstone ? 0 : sizeOf(life)
  const value = log.send({ producer, timestamp, bytes, key, isTombstone, ...(transaction && { transaction }) })
  return { value, record: { key, timestamp, ...(isTombstone ? { value: null, headers: { name: value } } : { value, headers: {} }) } }
}

async function send(life: Life): Promise<void> {
  const chosen = anyTopic(life)
  if (chosen === null) return createTopic(life)
  const { world, clock } = life
  const { model } = chosen
  const by = world.below(life.producers.length)
  const count = 1 + (world.chance(0.3) ? world.below(12) : 0)
  const sends = Array.from({ length: count }, () => {
    const partition = world.below(model.logs.length)
    const log = model.logs[partition]
    claim(log !== undefined, () => 'a partition has a model')
    const { value, record } = compose(life, log, by)
    return life.producers[by]?.send(model.name, { ...record, partition }).then(({ offset }) => {
      if (life.alive) log.acknowledged(value, offset, clock.now())
    })
  })
  world.note(() => `send ${count} to ${model.name}`)
  const failed = (await Promise.allSettled(sends)).find((sent) => sent.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function readSome(life: Life): Promise<void> {
  const chosen = anyTopic(life)
  if (chosen === null) return
  const id = life.world.below(chosen.model.logs.length)
  const { records } = await read(life, chosen.topic, id).catch((error: unknown) => {
    // Records may be deleted while they are read.
    if (KafkaliteError.is(error, 'OFFSET_OUT_OF_RANGE')) return { records: [] }
    throw error
  })
  if (life.alive) for (const record of records) chosen.model.logs[id]?.seen(record)
}

async function deleteRecords(life: Life): Promise<void> {
  const chosen = anyTopic(life)
  if (chosen === null) return
  const { model, topic } = chosen
  const id = life.world.below(model.logs.length)
  const log = model.logs[id]
  const partition = topic.partition(id)
  const [start, end] = [await partition.startOffset(), await partition.endOffset()]
  if (start === end || log === undefined || !life.alive || model.terms.now.cleanupPolicy === 'compact') return
  const before = start + 1 + life.world.below(end - start)
  life.world.note(() => `delete records of ${log.name} before ${before}`)
  log.deleting(before)
  await partition.deleteRecords(before)
  if (life.alive) log.deleted(before)
}

function someTerms({ world }: Life): TopicTerms {
  return {
    flush: world.level(),
    retentionMs: world.chance(0.3) ? 60_000 : -1,
    cleanupPolicy: world.pick(['delete', 'delete', 'compact', 'compact,delete'] as const),
  }
}

async function createTopic(life: Life): Promise<void> {
  const { world } = life
  const name = TOPICS.find((topic) => !world.topics.has(topic))
  if (name === undefined) return
  const shape = {
    partitions: 1 + world.below(3),
    segmentMs: 500 + world.below(10_000),
    ...someTerms(life),
    deleteRetentionMs: world.pick([0, 5000, 86_400_000]),
    // Kept small, segments are not merged into one when they are compacted.
    segmentIndexBytes: world.pick([8, 10_485_760]),
  }
  const model = new TopicModel(name, world.incarnations++, shape, GROUPS, world.flush)
  world.topics.set(name, model)
  world.note(() => `create ${name}#${world.incarnations - 1} ${JSON.stringify(shape)}`)
  const topic = await life.broker.topic(name, shape)
  if (!life.alive) return
  model.state = 'there'
  life.topics.set(name, topic)
}

/** Alone, since what is sent to a topic that goes has no fixed outcome. */
async function deleteTopic(life: Life): Promise<void> {
  await life.settle()
  const chosen = anyTopic(life)
  if (chosen === null || !life.alive) return
  const { model } = chosen
  model.state = 'deleting'
  life.topics.delete(model.name)
  life.world.note(() => `delete ${model.name}`)
  life.start('delete topic', async () => {
    await life.broker.deleteTopic(model.name)
    if (life.alive) life.world.topics.delete(model.name)
  })
  await life.settle()
}

/** Alone: of what is acknowledged meanwhile nobody could say which configs it was under. */
async function alterTopic(life: Life): Promise<void> {
  await life.settle()
  const chosen = anyTopic(life)
  if (chosen === null || !life.alive) return
  const terms = someTerms(life)
  chosen.model.terms.changing(terms)
  life.world.note(() => `alter ${chosen.model.name} ${JSON.stringify(terms)}`)
  life.start('alter topic', async () => {
    await chosen.topic.alter(terms)
    if (life.alive) chosen.model.terms.changed()
  })
  await life.settle()
}

async function growTopic(life: Life): Promise<void> {
  await life.settle()
  const chosen = anyTopic(life)
  if (chosen === null || !life.alive) return
  const { model, topic } = chosen
  const total = model.logs.length + 1
  if (total > PARTITIONS_MAX) return
  model.asked = total
  life.world.note(() => `grow ${model.name} to ${total}`)
  life.start('grow topic', async () => {
    await topic.addPartitions(total)
    if (life.alive) model.grow(total)
  })
  await life.settle()
}

async function commit(life: Life): Promise<void> {
  const chosen = anyTopic(life)
  if (chosen === null) return
  const { world } = life
  const { model, topic } = chosen
  const groupId = world.pick(GROUPS)
  const commits = model.commits.get(groupId)
  const offsets: { topic: string; partition: number; offset: number }[] = []
  for (const { id } of topic.partitions) {
    const [start, end] = [await topic.partition(id).startOffset(), await topic.partition(id).endOffset()]
    // A commit below a start that moves meanwhile would be brought to it.
    const from = Math.min(end, Math.max(start, model.logs[id]?.startAsked ?? 0))
    offsets.push({ topic: model.name, partition: id, offset: from + world.below(Math.max(1, end - from + 1)) })
  }
  if (!life.alive || commits === undefined) return
  const acknowledged = commits.committing(
    offsets.map(({ offset }) => offset),
    life.clock.now(),
  )
  world.note(() => `commit of ${groupId} in ${model.name}: ${offsets.map(({ offset }) => offset).join()}`)
  await life.broker.group(groupId).reset(offsets)
  if (life.alive) acknowledged()
}

async function sendMessages(life: Life): Promise<void> {
  const { world, clock } = life
  const values = Array.from({ length: 1 + world.below(4) }, () => world.queue.sending(world.below(200)))
  world.note(() => `queue: send ${values.length}`)
  await life.queue.send(values.map((value) => ({ value, ...(world.chance(0.5) && { key: value }) })))
  if (life.alive) for (const value of values) world.queue.sent(value, clock.now())
}

async function receive(life: Life): Promise<void> {
  const messages = await life.queue.receive({ max: 1 + life.world.below(5), timeoutMs: 0 })
  if (!life.alive) return
  life.world.note(() => `queue: received ${messages.map(({ id }) => id).join()}`)
  for (const message of messages) {
    life.world.queue.delivered(message.value, message.deliveryCount)
    life.held.push(message)
  }
}

function takeHeld({ held, world }: Life): Message<string> | undefined {
  return held.splice(world.below(Math.max(1, held.length)), 1)[0]
}

async function acknowledge(life: Life): Promise<void> {
  const message = takeHeld(life)
  if (message === undefined) return
  const { value } = message
  life.world.note(() => `queue: acknowledge ${message.id}`)
  life.world.queue.acknowledging(value)
  await message.acknowledge(...(life.world.chance(0.2) ? ['result'] : []))
  if (life.alive) life.world.queue.acknowledged(value, life.clock.now())
}

async function release(life: Life): Promise<void> {
  const message = takeHeld(life)
  if (message !== undefined) await message.release()
}

/** Time passes: intervals sync, old segments go. Alone, so that all that was acknowledged before is synced after. */
async function passTime(life: Life): Promise<void> {
  const { world, clock } = life
  await life.settle()
  if (!life.alive) return
  const before = clock.now()
  const ms = world.chance(0.2) ? 330_000 : world.below(2 * FLUSH_INTERVAL_MS)
  world.note(() => `${ms} ms pass`)
  const passing = clock.advance(ms)
  life.start('time', () => passing)
  await life.settle()
  // What the last timers began may still wait for slow syncs, one after the other.
  for (let quiet = 0; quiet < 5; quiet++) {
    if (world.disk.slowSyncs > 0) quiet = 0
    world.disk.settleSyncs()
    await turn()
  }
  world.nowMs = clock.now()
  if (!life.alive || ms < FLUSH_INTERVAL_MS || world.hasFaults) return
  for (const model of world.topics.values()) model.synced(before)
  world.queue.synced(before)
}

class Aborted extends Error {}

/** Records in several partitions, and the end of a message, that are to be there together or not at all. */
async function transact(life: Life): Promise<void> {
  const { world } = life
  const transactor = life.transactors.pop()
  if (transactor === undefined || anyTopic(life) === null) return
  const transaction = new TransactionModel(`${transactor.id}/${world.transactions.length}`)
  world.transactions.push(transaction)
  const message = world.chance(0.3) ? takeHeld(life) : undefined
  try {
    await transactor.producer.transaction(async (tx) => {
      for (let left = 1 + world.below(4); left > 0 && life.alive; left--) await sendIn(life, tx, transaction, transactor.id)
      if (world.chance(0.2)) throw new Aborted()
      if (!life.alive) return
      if (message !== undefined) {
        tx.acknowledge(message)
        world.queue.acknowledging(message.value)
        transaction.messages.push(message.value)
      }
      transaction.state = 'ending'
    })
    if (!life.alive) return
    transaction.commit()
    if (message !== undefined) world.queue.acknowledged(message.value, life.clock.now(), true)
  } catch (error) {
    if (transaction.state === 'open') transaction.state = 'aborted'
    if (!(error instanceof Aborted)) throw error
    if (message !== undefined) life.held.push(message)
  } finally {
    life.transactors.push(transactor)
  }
}

async function sendIn(life: Life, tx: Transaction, transaction: TransactionModel, producer: number): Promise<void> {
  const { world } = life
  const chosen = anyTopic(life)
  if (chosen === null) return
  const partition = world.below(chosen.model.logs.length)
  const { record } = compose(life, chosen.model.logs[partition] as LogModel, producer, transaction)
  world.note(() => `transaction sends to ${chosen.model.name}-${partition}`)
  await tx.send(chosen.model.name, { ...record, partition })
  if (world.chance(0.3)) await turn()
}

/** Compaction and retention at once, which end the segment that is written. */
async function cleanUp(life: Life): Promise<void> {
  const chosen = anyTopic(life)
  if (chosen === null) return
  life.world.note(() => `clean up ${chosen.model.name}`)
  await chosen.topic.cleanUp()
}

/** Name, weight, what it does, and whether it runs with nothing beside it. */
const OPERATIONS: readonly (readonly [name: string, weight: number, run: Operation, alone?: true])[] = [
  ['send', 40, send],
  ['read', 6, readSome],
  ['delete records', 4, deleteRecords],
  ['create topic', 2, createTopic],
  ['delete topic', 1, deleteTopic, true],
  ['alter topic', 2, alterTopic, true],
  ['grow topic', 1, growTopic, true],
  ['commit', 10, commit],
  ['queue send', 10, sendMessages],
  ['queue receive', 8, receive],
  ['queue acknowledge', 10, acknowledge],
  ['queue release', 2, release],
  ['transaction', 14, transact],
  ['clean up', 5, cleanUp],
  ['time', 7, passTime, true],
]
const TOTAL = OPERATIONS.reduce((sum, [, weight]) => sum + weight, 0)

/** Begins an operation that chance chooses. */
export async function operate(life: Life): Promise<void> {
  let dice = life.world.random() * TOTAL
  for (const [name, weight, run, alone] of OPERATIONS) {
    dice -= weight
    if (dice >= 0) continue
    if (alone === true) await run(life)
    else life.start(name, () => run(life))
    return
  }
}
