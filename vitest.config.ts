// Projects. `quick` and `repo` are what `npm test` runs, straight from the sources, without a build or a network: what the code
// does, and whether sources, docs and examples keep the rules of the project. `processes` starts programs and kills them, which takes its
// time. `damage` flips every byte of a data folder. `clients` has clients that want more than npm. `package` packs the tarball and uses it as a stranger
// would, so it needs npm and minutes. `kafka` lets Apache Kafka read our files and us read Kafka's, so it fetches Kafka and needs Java. A
// test without an assertion fails, and so does a run without tests.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { CountReporter } from './test/clients/count-reporter.js'

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Programs in processes of their own, most of them killed on the way. */
const SLOW = [
  'test/{flights,cli,crash,endurance}/**/*.test.ts',
  'test/transactions/kill.test.ts',
  'test/storage/{lock-race,every-change}.test.ts',
]

/** Twenty thousand damaged folders, minutes of computing. */
const EVERY_CHANGE = 'test/storage/every-change-*.test.ts'

export default defineConfig({
  resolve: {
    alias: [
      { find: /^kafkalite$/, replacement: source('index.ts') },
      { find: /^kafkalite\/testing$/, replacement: source('testing/index.ts') },
      { find: /^kafkalite\/outbox$/, replacement: source('outbox/index.ts') },
    ],
  },
  test: {
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default', new CountReporter()],
    // Two, also on a machine of two cores, where one would be the default: the tests wait for files and timers half of the time.
    maxWorkers: '100%',
    expect: { requireAssertions: true },
    // Only a test that hangs meets it, also on a busy machine.
    testTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['{test,examples}/**/*.test.ts'],
          exclude: [
            ...SLOW,
            EVERY_CHANGE,
            'test/{repo,package,bench,kafka}/**',
            'test/clients/{java,librdkafka,platformatic,kafkajs-waiting,postgres}/**',
            '**/node_modules/**',
          ],
        },
      },
      { extends: true, test: { name: 'processes', include: SLOW } },
      { extends: true, test: { name: 'damage', include: [EVERY_CHANGE] } },
      { extends: true, test: { name: 'repo', include: ['test/repo/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'clients',
          include: ['test/clients/{java,librdkafka,platformatic,kafkajs-waiting,postgres}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/pack.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.test.ts'],
          globalSetup: ['test/kafka/tools.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
