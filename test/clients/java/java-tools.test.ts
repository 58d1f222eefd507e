// Apache Kafka's own command line tools against a listener in this process.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Broker, type Listener } from 'kafkalite'
import { install, java } from '../../kafka/tools.js'

const TOOLS = 'org.apache.kafka.tools'
const GROUPS = `${TOOLS}.consumer.group.ConsumerGroupCommand`
let tools: string
let broker: Broker
let listener: Listener

beforeAll(async () => {
  tools = await install()
  broker = await Broker.open()
  listener = await broker.listen()
})
afterAll(() => broker.close())

const tool = (main: string, ...args: readonly string[]): Promise<string> =>
  java(tools, main, ['--bootstrap-server', listener.address, ...args])

/** Runs the console producer with these lines. */
function produce(topic: string, lines: readonly string[], ...args: readonly string[]): Promise<string> {
  const properties = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  const options = ['-XX:TieredStopAtLevel=1', '-cp', `${tools}/libs/*`, `${TOOLS}.ConsoleProducer`, '--bootstrap-server', listener.address]
  return new Promise((resolve, reject) => {
    const child = execFile('java', [...options, '--topic', topic, ...properties, ...args], (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`, { cause: error })) : resolve(stdout),
    )
    child.stdin?.end(`${lines.join('\n')}\n`)
  })
}

test('topics are created, described, grown and deleted', async () => {
  await tool(`${TOOLS}.TopicCommand`, '--create', '--topic', 'made', '--partitions', '2', '--config', 'retention.ms=60000')
  await tool(`${TOOLS}.TopicCommand`, '--alter', '--topic', 'made', '--partitions', '3')
  const described = await tool(`${TOOLS}.TopicCommand`, '--describe', '--topic', 'made')
  expect(described).toMatch(/PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: retention.ms=60000/)
  await tool(
    'kafka.admin.ConfigCommand',
    '--alter',
    '--entity-type',
    'topics',
    '--entity-name',
    'made',
    '--add-config',
    'max.message.bytes=2000',
  )
  const configs = await tool('kafka.admin.ConfigCommand', '--describe', '--entity-type', 'topics', '--entity-name', 'made')
  expect(configs).toMatch(/max.message.bytes=2000 /)
  const ofBroker = await tool('kafka.admin.ConfigCommand', '--describe', '--entity-type', 'brokers', '--entity-name', '1', '--all')
  expect(ofBroker).toMatch(/num.partitions=1 /)
  await tool(`${TOOLS}.TopicCommand`, '--delete', '--topic', 'made')
  expect((await broker.topics()).map(({ name }) => name)).not.toContain('made')
})

test.each(['classic', 'consumer'])('records go in and come out, and groups are looked at and reset: %s', async (protocol) => {
  const topic = `orders-${protocol}`
  const group = `billing-${protocol}`
  await broker.topic(topic, { partitions: 2 })
  const lines = Array.from({ length: 30 }, (_, index) => `key ${index}:value ${index}`)
  await produce(topic, lines, '--compression-codec', 'gzip')
  const reading = ['--topic', topic, '--from-beginning', '--max-messages', '30', '--timeout-ms', '30000']
  const how = [
    '--group',
    group,
    '--formatter-property',
    'print.key=true',
    '--formatter-property',
    'key.separator=:',
    '--command-property',
    `group.protocol=${protocol}`,
  ]
  const read = await tool(`${TOOLS}.consumer.ConsoleConsumer`, ...reading, ...how)
  expect(read.trim().split('\n').sort()).toEqual(lines.toSorted())
  expect(await tool(GROUPS, '--list', '--state')).toContain(group)
  const lag = await tool(GROUPS, '--describe', '--group', group)
  expect(
    lag
      .split('\n')
      .filter((line) => line.includes(topic))
      .map((line) => line.trim().split(/\s+/)[5]),
  ).toEqual(['0', '0'])
  await tool(GROUPS, '--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute')
  const reset = await tool(GROUPS, '--describe', '--group', group, '--offsets')
  expect(
    reset
      .split('\n')
      .filter((line) => line.includes(topic))
      .map((line) => line.trim().split(/\s+/)[3]),
  ).toEqual(['0', '0'])
  await tool(GROUPS, '--delete-offsets', '--group', group, '--topic', topic)
  await tool(GROUPS, '--delete', '--group', group)
  expect(await broker.groups()).not.toContainEqual(expect.objectContaining({ id: group }))
})

test('offsets are told, records deleted, and much goes through', async () => {
  await broker.topic('much', { partitions: 2 })
  const load = ['--topic', 'much', '--num-records', '50000', '--record-size', '100', '--throughput', '-1']
  const produced = await java(tools, `${TOOLS}.ProducerPerformance`, [...load, '--producer-props', `bootstrap.servers=${listener.address}`])
  expect(produced).toContain('50000 records sent')
  expect(await tool(`${TOOLS}.ConsumerPerformance`, '--topic', 'much', '--messages', '50000', '--timeout', '60000')).toContain(', 50000, ')
  const inTransactions = ['--transactional-id', 'load', '--transaction-duration-ms', '20']
  await broker.topic('committed')
  const sent = ['--topic', 'committed', '--num-records', '2000', '--record-size', '100', '--throughput', '5000']
  const props = ['--producer-props', `bootstrap.servers=${listener.address}`]
  expect(await java(tools, `${TOOLS}.ProducerPerformance`, [...sent, ...inTransactions, ...props])).toContain('2000 records sent')
  // Each end of a transaction has given the producer another epoch: its version is 2.
  expect((await broker.transactions()).find(({ transactionalId }) => transactionalId === 'load')?.producerEpoch).toBeGreaterThan(1)
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-java-'))
  const file = join(folder, 'offsets.json')
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'much', partition: 0, offset: 10 }] }))
  expect(await tool(`${TOOLS}.DeleteRecordsCommand`, '--offset-json-file', file)).toContain('low_watermark: 10')
  rmSync(folder, { recursive: true })
  const offsets = await tool(`${TOOLS}.GetOffsetShell`, '--topic', 'much', '--time', '-2')
  expect(offsets.trim().split('\n').sort()).toEqual(['much:0:10', 'much:1:0'])
  expect(await tool(`${TOOLS}.BrokerApiVersionsCommand`)).toContain('Produce(0): 0 to ')
})

test('a reassignment is executed and verified, a leader elected, and log dirs are told', async () => {
  await broker.topic('placed')
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-java-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'placed.json')
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'placed', partition: 0, replicas: [1] }] }))
  const reassign = (step: string): Promise<string> =>
    tool(`${TOOLS}.reassign.ReassignPartitionsCommand`, '--reassignment-json-file', file, step)
  expect(await reassign('--execute')).toContain('Successfully started partition reassignment for placed-0')
  // Takes the limits of replication away from the broker and the topic, too.
  expect(await reassign('--verify')).toContain('Reassignment of partition placed-0 is completed.')
  const election = ['--election-type', 'preferred', '--topic', 'placed', '--partition', '0']
  expect(await tool(`${TOOLS}.LeaderElectionCommand`, ...election)).toContain('Valid replica already elected for partitions placed-0')
  expect(await tool(`${TOOLS}.LogDirsCommand`, '--describe', '--topic-list', 'placed')).toContain('"partition":"placed-0"')
})

test('what is fixed or not there is refused in words', async () => {
  const alter = ['--alter', '--entity-type', 'brokers', '--entity-name', '1', '--add-config', 'log.retention.ms=1000']
  await expect(tool('kafka.admin.ConfigCommand', ...alter)).rejects.toThrow('log.retention.ms of a broker cannot be changed while it runs')
  await expect(tool(`${TOOLS}.MetadataQuorumCommand`, 'describe', '--status')).rejects.toThrow('does not support DESCRIBE_QUORUM')
})

test('a verifiable producer sends what a verifiable consumer reads', async () => {
  await broker.topic('verified')
  const reading = ['--topic', 'verified', '--max-messages', '20', '--group-id']
  expect(await tool(`${TOOLS}.VerifiableProducer`, '--topic', 'verified', '--max-messages', '20')).toContain('"sent":20,"acked":20')
  const consumer = [...reading, 'verified', '--group-protocol', 'consumer', '--reset-policy', 'earliest']
  expect(await tool(`${TOOLS}.VerifiableConsumer`, ...consumer)).toContain('"offset":20}],"success":true')
})
