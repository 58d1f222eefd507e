// The clients of Kafka that are tried, where their tests are, and where their version is said: for docs/compatibility.md, and for the line
// that a run of the tests prints.
import type { Checks, Feature } from './checks.js'
import { JAVA_CHECKS, STREAMS_CHECKS } from './java/checks.js'
import { LIBRDKAFKA_CHECKS } from './librdkafka/checks.js'
import { PLATFORMATIC_CHECKS } from './platformatic/checks.js'

export interface Suite {
  readonly client: string
  /** A file of the project and what stands around the version in it. */
  readonly version: readonly [file: string, pattern: RegExp]
  /** The files of its tests in this folder, each with the feature of those tests that are in no `describe` of their own. */
  readonly files: Readonly<Record<string, Feature>>
  /** What a scenario in another language checks; the tests of other suites are counted in their files. */
  readonly checks?: Checks
}

const PLATFORMATIC = '.ci/platformatic/install.sh'
const KAFKA: Suite['version'] = ['.ci/kafka/pom.xml', /<kafka\.version>([\d.]+)/]

export const SUITES: readonly Suite[] = [
  {
    client: 'kafkajs',
    version: ['package-lock.json', /"node_modules\/kafkajs": \{\s*"version": "([\d.]+)"/],
    files: {
      'kafkajs/admin.test.ts': 'topics',
      'kafkajs/authentication.test.ts': 'access',
      'kafkajs/groups.test.ts': 'groups',
      'kafkajs/mixed-group.test.ts': 'groups',
      'kafkajs/produce-consume.test.ts': 'records',
      'kafkajs/transactions.test.ts': 'transactions',
      'kafkajs-waiting/group-offsets.test.ts': 'groups administered',
    },
  },
  {
    client: 'librdkafka',
    version: ['.ci/librdkafka/install.sh', /^version=([\d.]+)/m],
    files: { 'librdkafka/librdkafka.test.ts': 'cluster' },
    checks: LIBRDKAFKA_CHECKS,
  },
  {
    client: '@platformatic/kafka',
    version: [PLATFORMATIC, /1\) version=([\d.]+)/],
    files: { 'platformatic/platformatic-1.test.ts': 'cluster' },
    checks: PLATFORMATIC_CHECKS[1],
  },
  {
    client: '@platformatic/kafka',
    version: [PLATFORMATIC, /2\) version=([\d.]+)/],
    files: { 'platformatic/platformatic-2.test.ts': 'cluster' },
    checks: PLATFORMATIC_CHECKS[2],
  },
  { client: 'Java clients', version: KAFKA, files: { 'java/java-clients.test.ts': 'cluster' }, checks: JAVA_CHECKS },
  { client: 'Kafka Streams', version: KAFKA, files: { 'java/streams.test.ts': 'streams' }, checks: STREAMS_CHECKS },
  { client: "Kafka's tools", version: KAFKA, files: { 'java/java-tools.test.ts': 'cluster', 'java/share-group.test.ts': 'share groups' } },
]
