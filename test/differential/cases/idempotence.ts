// Producers with an id: sequences, duplicates, epochs.
import { initProducerId } from '../apis.js'
import { changed, sequenced } from '../batches.js'
import * as F from '../../../src/record/format.js'
import type { Case, Difference } from '../case.js'
import { read, send } from '../produced.js'
import type { Subject } from '../subject.js'

const NONE = { transactionalId: null, transactionTimeoutMs: 60_000 }
const LAST_SEQUENCE = 2_147_483_647

/** The answer to a duplicate. */
function ownTime(...labels: readonly string[]): readonly Difference[] {
  const ours = Object.fromEntries(labels.map((label) => [`${label}/responses/0/partitionResponses/0/logAppendTimeMs`, -1]))
  return [{ why: 'A duplicate is answered like the first: where producers stamp the time, with no time of the broker.', ours }]
}

interface Started {
  readonly topic: string
  readonly id: number
  /** Sends records from that sequence on. */
  readonly at: (
    label: string,
    sequence: number,
    options?: { readonly count?: number; readonly epoch?: number; readonly id?: number },
  ) => Promise<void>
}

async function start(on: Subject): Promise<Started> {
  const topic = await on.topic('t')
  const { producerId: id } = await on.call(initProducerId, 4, NONE)
  return {
    topic,
    id,
    at: async (label, sequence, { count = 1, epoch = 0, id: other = id } = {}) => {
      await send(on, label, topic, sequenced(other, epoch, sequence, count))
    },
  }
}

export const IDEMPOTENCE_CASES: readonly Case[] = [
  {
    name: 'sequences one behind the other',
    async run(on) {
      const { at, topic } = await start(on)
      await at('0 to 2', 0, { count: 3 })
      await at('3', 3)
      await at('4 to 5', 4, { count: 2 })
      await read(on, 'read', topic, 0)
    },
  },
  {
    name: 'duplicates: the last, the fifth and the sixth back',
    differs: ownTime('again 5', 'again 1'),
    async run(on) {
      const { at } = await start(on)
      for (let sequence = 0; sequence < 6; sequence++) await at(`send ${sequence}`, sequence)
      for (const sequence of [5, 1, 0]) await at(`again ${sequence}`, sequence)
      await at('next', 6)
    },
  },
  {
    name: 'a part of a batch again, and one that overlaps',
    async run(on) {
      const { at } = await start(on)
      await at('0 to 4', 0, { count: 5 })
      await at('a part: 1 to 3', 1, { count: 3 })
      await at('overlap: 3 to 6', 3, { count: 4 })
      await at('its beginning: 0 to 3', 0, { count: 4 })
      await at('next', 5)
    },
  },
  {
    name: 'a gap in the sequences',
    async run(on) {
      const { at } = await start(on)
      await at('0', 0)
      await at('2', 2)
      await at('1', 1)
    },
  },
  {
    name: 'a new epoch begins at 0, an old one is over',
    async run(on) {
      const { at } = await start(on)
      await at('epoch 0', 0)
      await at('epoch 1 at 5', 5, { epoch: 1 })
      await at('epoch 1 at 0', 0, { epoch: 1 })
      await at('epoch 0 at 1', 1)
      await at('epoch 3 at 0', 0, { epoch: 3 })
      await at('epoch 1 at 1', 1, { epoch: 1 })
    },
  },
  {
    name: 'a producer that nobody knows may begin anywhere',
    async run(on) {
      const { at } = await start(on)
      await at('at 7', 7)
      await at('at 8', 8)
      await at('at 10', 10)
    },
  },
  {
    name: 'an id that was never given',
    differs: ownTime('again'),
    async run(on) {
      const { at, topic } = await start(on)
      await at('0', 0, { id: 987_654 })
      await at('again', 0, { id: 987_654 })
      await read(on, 'read', topic, 0)
    },
  },
  {
    name: 'sequences wrap between and inside batches',
    differs: ownTime('the last again'),
    async run(on) {
      const { at, topic } = await start(on)
      await at('to the last', LAST_SEQUENCE - 1, { count: 2 })
      await at('0', 0)
      await at('the last again', LAST_SEQUENCE - 1, { count: 2 })
      await read(on, 'read', topic, 0)
    },
  },
  {
    name: 'a batch wraps inside',
    differs: ownTime('across again'),
    async run(on) {
      const { at } = await start(on)
      await at('across', LAST_SEQUENCE, { count: 3 })
      await at('then 2', 2)
      await at('across again', LAST_SEQUENCE, { count: 3 })
    },
  },
  {
    name: 'an id without a sequence, or with a negative epoch',
    differs: [
      {
        why: 'A batch with the id of a producer needs an epoch, too.',
        ours: { 'no epoch/responses/0/partitionResponses/0/errorCode': 87, 'no epoch/responses/0/partitionResponses/0/baseOffset': -1 },
      },
    ],
    async run(on) {
      const { id, topic } = await start(on)
      await send(on, 'no sequence', topic, changed(sequenced(id, 0, 0), F.BASE_SEQUENCE, 'int32', -1))
      await send(on, 'no epoch', topic, changed(sequenced(id, 0, 0), F.PRODUCER_EPOCH, 'int16', -1))
    },
  },
  {
    name: 'ids of two producers differ; strange requests for one',
    async run(on) {
      const first = await on.ask('first', initProducerId, 4, NONE)
      const second = await on.ask('second', initProducerId, 4, NONE)
      on.note('ascending', second.producerId > first.producerId)
      await on.ask('naming an old one', initProducerId, 4, { ...NONE, producerId: first.producerId, producerEpoch: 0 })
      await on.ask('timeout 0', initProducerId, 4, { ...NONE, transactionTimeoutMs: 0 })
      await on.ask('empty transactional id', initProducerId, 4, { ...NONE, transactionalId: '' })
    },
  },
]
