// @platformatic/kafka, both of its lines, against a listener in this process.
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import { run } from '../../kafka/tools.js'
import { type Checks, installed, scenario } from '../scenario.js'

const PROTOCOLS = ['classic', 'consumer'] as const
/** zstd needs a Node that has it; the first line is run by the Node of the tests, which may be 20. */
const LINES = [
  { line: '1', compressions: ['gzip', 'snappy', 'lz4'] },
  { line: '2', compressions: ['gzip', 'snappy', 'lz4', 'zstd'] },
] as const

const checks = (compressions: readonly string[]): Checks => ({
  topics: ['topics are created, grown, listed and deleted'],
  configs: ['configs are described, altered and put back'],
  producing: [
    'records are sent with keys, headers and partitions',
    'a large message goes through, and one that is too large is refused',
    'a stream of a producer sends what is written to it',
  ],
  compression: compressions.map((compression) => `a batch in ${compression} is sent and read`),
  idempotence: ['an idempotent producer sends many batches one after the other'],
  groups: [
    ...PROTOCOLS.map((protocol) => `a group of the ${protocol} protocol reads all, commits, and goes on after what it committed`),
    ...PROTOCOLS.map((protocol) => `two members of a group of the ${protocol} protocol share the partitions`),
    'a static member comes back to what it had',
  ],
  offsets: ['reading starts at offsets and at a time', 'offsets are listed and records deleted'],
  transactions: [
    'a transaction that commits is read, one that aborts is not',
    'offsets are committed with a transaction, and not with one that aborts',
  ],
  'groups administered': ['groups are listed, described, their offsets altered, and deleted'],
})

describe.each(LINES)('@platformatic/kafka $line', ({ line, compressions }) => {
  scenario(checks(compressions), async (address) => {
    const [folder = '', node = ''] = (await installed('platformatic', line)).slice(-2)
    return run(node, [fileURLToPath(new URL('scenario.mjs', import.meta.url)), folder, address, ...compressions])
  })
})
