// Configs: described and changed, of topics and of the broker.
import type { DescribeConfigsRequest } from '../../../src/protocol/messages/32-describe-configs.js'
import { alterConfigs, describeConfigs, incrementalAlterConfigs } from '../apis.js'
import type { Case } from '../case.js'
import type { Subject } from '../subject.js'

const TOPIC = 2
const BROKER = 4
const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const

type Change = readonly [operation: keyof typeof OPERATIONS, name: string, value: string | null]

async function change(
  on: Subject,
  label: string,
  resourceName: string,
  changes: readonly Change[],
  resourceType = TOPIC,
  validateOnly = false,
): Promise<void> {
  const configs = changes.map(([operation, name, value]) => ({ name, configOperation: OPERATIONS[operation], value }))
  await on.ask(label, incrementalAlterConfigs, 1, { resources: [{ resourceType, resourceName, configs }], validateOnly })
}

async function tell(
  on: Subject,
  label: string,
  resourceName: string,
  configurationKeys: readonly string[] | null,
  resourceType = TOPIC,
  extras: Partial<DescribeConfigsRequest> = {},
): Promise<void> {
  await on.ask(label, describeConfigs, 4, { resources: [{ resourceType, resourceName, configurationKeys }], ...extras })
}

export const CONFIG_CASES: readonly Case[] = [
  {
    name: 'every config of a topic',
    differs: [
      {
        why: 'There are no replicas whose leader could be elected from outside of the set in sync, so nothing sets min.insync.replicas for the cluster.',
        ours: { 'all/results/0/configs/21/configSource': 5, 'by an empty list/results/0/configs/21/configSource': 5 },
      },
      {
        why: 'Synonyms carry the name of the config itself, also for what the broker says, and the default is always among them.',
        ours: {
          'synonyms/results/0/configs/0/synonyms': [
            { name: 'retention.ms', value: '1000', source: 1 },
            { name: 'retention.ms', value: '604800000', source: 5 },
          ],
          'synonyms/results/0/configs/1/synonyms/0/name': 'segment.bytes',
        },
      },
    ],
    async run(on) {
      const name = await on.topic('t', 1, { 'retention.ms': '1000' })
      await tell(on, 'all', name, null)
      await tell(on, 'by an empty list', name, [])
      await tell(on, 'two', name, ['retention.ms', 'cleanup.policy'])
      await tell(on, 'one that is none', name, ['no.such.config'])
      await tell(on, 'synonyms', name, ['retention.ms', 'segment.bytes'], TOPIC, { includeSynonyms: true })
      for (const version of [1, 2, 3])
        await on.ask(`version ${version}`, describeConfigs, version, {
          resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: ['retention.ms'] }],
        })
    },
  },
  {
    name: 'configs of what is not there',
    async run(on) {
      await tell(on, 'unknown topic', on.name('never'), null)
      await tell(on, 'bad topic name', 'a b', null)
      await tell(on, 'empty topic name', '', null)
      await tell(on, 'another broker', '17', ['num.partitions'], BROKER)
      await tell(on, 'a broker that is no number', 'one', ['num.partitions'], BROKER)
      await tell(on, 'an unknown type', 'x', null, 99)
      await tell(on, 'type 0', 'x', null, 0)
    },
  },
  {
    name: 'configs of the broker',
    async run(on) {
      await tell(on, 'some', '1', ['num.partitions', 'auto.create.topics.enable'], BROKER)
    },
  },
  {
    name: 'configs are set, deleted, appended and subtracted',
    differs: [
      {
        why: 'Values of configs are kept as what they say, not as they were written.',
        ours: { 'after append/results/0/configs/0/value': 'compact,delete' },
      },
    ],
    async run(on) {
      const name = await on.topic('t')
      await change(on, 'set', name, [['set', 'retention.ms', '1000']])
      await change(on, 'append', name, [['append', 'cleanup.policy', 'compact']])
      await tell(on, 'after append', name, ['retention.ms', 'cleanup.policy'])
      await change(on, 'append the same', name, [['append', 'cleanup.policy', 'compact']])
      await change(on, 'subtract', name, [['subtract', 'cleanup.policy', 'delete']])
      await tell(on, 'after subtract', name, ['cleanup.policy'])
      await change(on, 'subtract what is not there', name, [['subtract', 'cleanup.policy', 'delete']])
      await change(on, 'delete', name, [['delete', 'retention.ms', null]])
      await change(on, 'delete what is not set', name, [['delete', 'segment.ms', null]])
      await tell(on, 'after delete', name, ['retention.ms', 'segment.ms'])
    },
  },
  {
    name: 'configs that cannot be changed so',
    differs: [
      {
        why: 'An operation that nobody knows is an invalid request; Kafka answers that the server failed.',
        ours: { 'an unknown operation/responses/0/errorCode': 42 },
      },
    ],
    async run(on) {
      const name = await on.topic('t')
      await change(on, 'unknown topic', on.name('never'), [['set', 'retention.ms', '1000']])
      await change(on, 'bad topic name', 'a b', [['set', 'retention.ms', '1000']])
      await change(on, 'unknown name', name, [['set', 'no.such.config', '1']])
      await change(on, 'deleting an unknown name', name, [['delete', 'no.such.config', null]])
      await change(on, 'bad value', name, [['set', 'retention.ms', 'soon']])
      await change(on, 'value of null', name, [['set', 'retention.ms', null]])
      await change(on, 'append to no list', name, [['append', 'retention.ms', '1']])
      await change(on, 'subtract all', name, [['subtract', 'cleanup.policy', 'delete']])
      await change(on, 'append nonsense', name, [['append', 'cleanup.policy', 'foo']])
      await change(on, 'one good and one bad', name, [
        ['set', 'retention.ms', '5'],
        ['set', 'segment.bytes', '1'],
      ])
      await change(on, 'the same name twice', name, [
        ['set', 'retention.ms', '5'],
        ['set', 'retention.ms', '6'],
      ])
      await change(on, 'only validated', name, [['set', 'retention.ms', '7']], TOPIC, true)
      await tell(on, 'nothing has changed', name, ['retention.ms', 'segment.bytes'])
      await on.ask('an unknown operation', incrementalAlterConfigs, 1, {
        resources: [{ resourceType: TOPIC, resourceName: name, configs: [{ name: 'retention.ms', configOperation: 9, value: '1' }] }],
      })
      const twice = { resourceType: TOPIC, resourceName: name, configs: [{ name: 'retention.ms', configOperation: 0, value: '8' }] }
      await on.ask('a topic twice', incrementalAlterConfigs, 1, { resources: [twice, twice] })
    },
  },
  {
    name: 'the old AlterConfigs replaces all configs',
    async run(on) {
      const resourceName = await on.topic('t', 1, { 'retention.ms': '1000', 'segment.ms': '2000' })
      const alter = (label: string, name: string, value: string | null): Promise<unknown> =>
        on.ask(label, alterConfigs, 2, {
          resources: [{ resourceType: TOPIC, resourceName, configs: [{ name, value }] }],
          validateOnly: false,
        })
      await alter('one', 'segment.ms', '3000')
      await tell(on, 'described', resourceName, ['retention.ms', 'segment.ms'])
      await alter('bad value', 'segment.ms', 'soon')
      await alter('unknown name', 'no.such.config', '1')
      await alter('null', 'segment.ms', null)
      await on.ask('unknown topic', alterConfigs, 2, { resources: [{ resourceType: TOPIC, resourceName: on.name('never'), configs: [] }] })
    },
  },
]
