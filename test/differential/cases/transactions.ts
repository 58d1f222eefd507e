// Transactions as their first version has them: every step is a request of its own.
import type { InitProducerIdResponse } from '../../../src/protocol/messages/22-init-producer-id.js'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeProducers,
  describeTransactions,
  endTxn,
  initProducerId,
  listTransactions,
  offsetFetch,
  txnOffsetCommit,
} from '../apis.js'
import { batch } from '../batches.js'
import type { Case } from '../case.js'
import { fill, look, read, send } from '../produced.js'
import type { Subject } from '../subject.js'

/** A transactional id with its producer, and the steps of its transactions. Records are of now, as markers are: else each begins a segment. */
class Shop {
  readonly id: string
  private sequence = 0

  constructor(
    private readonly on: Subject,
    readonly topic: string,
    public producerId = -1,
    public epoch = -1,
  ) {
    this.id = on.name('x')
  }

  async init(
    label: string,
    version = 3,
    given: { readonly producerId?: number; readonly producerEpoch?: number; readonly timeoutMs?: number } = {},
  ): Promise<InitProducerIdResponse> {
    await this.on.coordinated(this.id, 1)
    const { producerId = -1, producerEpoch = -1, timeoutMs: transactionTimeoutMs = 60_000 } = given
    const answer = await this.on.ask(label, initProducerId, version, {
      transactionalId: this.id,
      transactionTimeoutMs,
      producerId,
      producerEpoch,
    })
    if (answer.errorCode === 0) {
      this.producerId = answer.producerId
      this.epoch = answer.producerEpoch
      this.sequence = 0
    }
    return answer
  }

  async add(
    label: string,
    { topic = this.topic, partitions = [0], epoch = this.epoch, version = 3, producerId = this.producerId } = {},
  ): Promise<void> {
    await this.on.ask(label, addPartitionsToTxn, version, {
      v3AndBelowTransactionalId: this.id,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: epoch,
      v3AndBelowTopics: [{ name: topic, partitions }],
    })
  }

  async send(label: string, value: string, { epoch = this.epoch, version = 9, partition = 0, transactional = true } = {}): Promise<void> {
    const options = { transactional, producerId: this.producerId, producerEpoch: epoch, baseSequence: this.sequence }
    const answer = await send(this.on, label, this.topic, batch([{ value, timestamp: Date.now() }], options), {
      transactionalId: this.id,
      version,
      partition,
    })
    if (answer.responses[0]?.partitionResponses[0]?.errorCode === 0) this.sequence++
  }

  async end(label: string, committed: boolean, { epoch = this.epoch, version = 3, producerId = this.producerId } = {}): Promise<void> {
    await this.on.ask(label, endTxn, version, { transactionalId: this.id, producerId, producerEpoch: epoch, committed })
  }
}

const shopCase = (name: string, run: (on: Subject, shop: Shop) => Promise<void>): Case => ({
  name,
  run: async (on) => run(on, new Shop(on, await on.topic('t', 2))),
})

async function seen(on: Subject, label: string, topic: string): Promise<void> {
  await read(on, `${label}: all`, topic, 0)
  await read(on, `${label}: committed`, topic, 0, { isolationLevel: 1 })
  await look(on, `${label}: end`, topic, -1)
  await look(on, `${label}: stable end`, topic, -1, { isolationLevel: 1 })
}

export const TRANSACTION_CASES: readonly Case[] = [
  shopCase('a transaction is committed', async (on, shop) => {
    await shop.init('init')
    await shop.add('add')
    await shop.send('send', 'a')
    await shop.send('send again', 'b')
    await seen(on, 'open', shop.topic)
    await shop.end('commit', true)
    await shop.add('the next begins')
    await seen(on, 'committed', shop.topic)
  }),
  shopCase('a transaction is aborted, between others', async (on, shop) => {
    await fill(on, shop.topic, batch([{ value: 'plain', timestamp: Date.now() }]))
    await shop.init('init')
    await shop.add('add')
    await shop.send('send', 'a')
    await shop.end('abort', false)
    await shop.add('add again')
    await fill(on, shop.topic, batch([{ value: 'plain again', timestamp: Date.now() }]))
    await shop.send('send again', 'b')
    await shop.end('commit', true)
    await shop.add('the next begins')
    await seen(on, 'ended', shop.topic)
    await read(on, 'from the last', shop.topic, 4, { isolationLevel: 1 })
  }),
  shopCase('without adding the partition', async (_on, shop) => {
    await shop.init('init')
    await shop.send('version 9', 'a')
    await shop.send('version 11', 'a', { version: 11 })
    await shop.add('add another', { partitions: [1] })
    await shop.send('still not added', 'a')
  }),
  shopCase('steps that are out of place', async (_on, shop) => {
    await shop.init('init')
    await shop.end('commit of nothing', true)
    await shop.end('abort of nothing', false)
    await shop.add('add')
    await shop.send('send', 'a')
    await shop.send('send outside of it', 'b', { transactional: false })
    await shop.end('commit', true)
    await shop.end('commit again', true)
    await shop.end('abort what was committed', false)
    await shop.add('add', { epoch: 7 }).catch(() => undefined)
  }),
  shopCase('an unknown topic or partition is added', async (on, shop) => {
    await shop.init('init')
    await shop.add('unknown topic', { topic: on.name('never') })
    await shop.add('one of the partitions is unknown', { partitions: [0, 5] })
    await shop.add('a bad name', { topic: 'a b' })
  }),
  shopCase('a second producer of the id fences the first', async (on, shop) => {
    await shop.init('first')
    const { epoch } = shop
    await shop.add('add')
    await shop.send('send', 'a')
    await shop.init('second')
    on.note('same producer', shop.epoch > epoch)
    for (const version of [0, 1, 2, 3]) {
      await shop.add(`add with the old epoch, version ${version}`, { epoch, version })
      await shop.end(`end with the old epoch, version ${version}`, true, { epoch, version })
    }
    for (const version of [3, 9, 11]) await shop.send(`send with the old epoch, version ${version}`, 'b', { epoch, version })
    await shop.add('add with an epoch that comes later', { epoch: shop.epoch + 5 })
    await shop.end('end with an epoch that comes later', true, { epoch: shop.epoch + 5 })
    await seen(on, 'after that', shop.topic)
  }),
  shopCase('producers that nobody knows', async (on, shop) => {
    await on.coordinated(shop.id, 1)
    await shop.add('add of an unknown id', { producerId: 4711, epoch: 0 })
    await shop.end('end of an unknown id', true, { producerId: 4711, epoch: 0 })
    await shop.init('init')
    await shop.add('another producer adds', { producerId: 4711 })
    await shop.end('another producer ends', true, { producerId: 4711 })
  }),
  shopCase('InitProducerId: again, with its own epoch, with another, with timeouts', async (_on, shop) => {
    await shop.init('first')
    await shop.init('again')
    const { producerId, epoch } = shop
    await shop.init('with what it has', 3, { producerId, producerEpoch: epoch })
    await shop.init('with what it had', 3, { producerId, producerEpoch: epoch - 1 })
    await shop.init('with what it had, version 4', 4, { producerId, producerEpoch: epoch - 1 })
    await shop.init('with a producer that is not its own', 4, { producerId: producerId + 1000, producerEpoch: 0 })
    await shop.init('a timeout of 0', 3, { timeoutMs: 0 })
    await shop.init('a negative timeout', 3, { timeoutMs: -1 })
    await shop.init('the longest timeout', 3, { timeoutMs: 900_000 })
    await shop.init('a timeout that is too long', 3, { timeoutMs: 900_001 })
  }),
  shopCase('offsets in a transaction are seen when it is committed', async (on, shop) => {
    const group = on.name('g')
    await on.coordinated(group, 0)
    await shop.init('init')
    const { id: transactionalId, producerId, epoch: producerEpoch } = shop
    await on.ask('add offsets', addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId: group })
    const commit = (
      label: string,
      given: {
        readonly generationIdOrMemberEpoch?: number
        readonly memberId?: string
        readonly producerEpoch?: number
        readonly version?: number
      } = {},
    ): Promise<unknown> => {
      const { version = 3, ...member } = given
      const topics = [{ name: shop.topic, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'tx' }] }]
      return on.ask(label, txnOffsetCommit, version, { transactionalId, groupId: group, producerId, producerEpoch, ...member, topics })
    }
    await commit('commit offsets')
    const fetched = (label: string, requireStable: boolean): Promise<unknown> =>
      on.ask(label, offsetFetch, 7, { groupId: group, topics: [{ name: shop.topic, partitionIndexes: [0] }], requireStable })
    await fetched('open', false)
    await fetched('open, stable', true)
    await commit('an unknown member', { memberId: 'stranger', generationIdOrMemberEpoch: 1 })
    await commit('a generation without a member', { generationIdOrMemberEpoch: 3 })
    await commit('an old epoch', { producerEpoch: producerEpoch - 1 })
    await shop.end('commit', true)
    await shop.add('the next begins')
    await fetched('committed', true)
  }),
  shopCase('offsets of a transaction that is aborted', async (on, shop) => {
    const group = on.name('g')
    await on.coordinated(group, 0)
    await shop.init('init')
    const { id: transactionalId, producerId, epoch: producerEpoch } = shop
    const topics = [{ name: shop.topic, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }] }]
    await on.ask('add offsets', addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId: group })
    await on.ask('commit offsets', txnOffsetCommit, 3, { transactionalId, groupId: group, producerId, producerEpoch, topics })
    await shop.end('abort', false)
    await shop.add('the next begins')
    await on.ask('read', offsetFetch, 7, { groupId: group, topics: [{ name: shop.topic, partitionIndexes: [0] }], requireStable: true })
  }),
  shopCase('transactions and producers are described', async (on, shop) => {
    await shop.init('init')
    await on.ask('before', describeTransactions, 0, { transactionalIds: [shop.id] })
    await shop.add('add', { partitions: [0, 1] })
    await shop.send('send', 'a')
    await on.ask('open', describeTransactions, 0, { transactionalIds: [shop.id] })
    await on.ask('producers', describeProducers, 0, { topics: [{ name: shop.topic, partitionIndexes: [0, 1, 5] }] })
    await on.ask('producers of an unknown topic', describeProducers, 0, { topics: [{ name: on.name('never'), partitionIndexes: [0] }] })
    await on.ask('listed by id', listTransactions, 0, { producerIdFilters: [shop.producerId] })
    await on.ask('listed by a wrong state', listTransactions, 0, { stateFilters: ['Nonsense'], producerIdFilters: [shop.producerId] })
    await shop.end('commit', true)
    await shop.add('the next begins')
  }),
  {
    name: 'a transactional id that nobody has is described',
    async run(on) {
      await on.coordinated(on.name('unknown'), 1)
      await on.ask('unknown', describeTransactions, 0, { transactionalIds: [on.name('unknown')] })
    },
  },
]
