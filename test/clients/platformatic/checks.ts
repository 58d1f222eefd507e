// What @platformatic/kafka is tried with, in both of its lines.
import type { Checks } from '../checks.js'

const PROTOCOLS = ['classic', 'consumer'] as const

const checks = (compressions: readonly string[]): Checks => ({
  topics: ['topics are created, grown, listed and deleted'],
  configs: ['configs are described, altered and put back'],
  records: [
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

/** zstd needs a Node that has it; the first line is run by the Node of the tests, which may be 20. */
export const PLATFORMATIC_COMPRESSIONS = { 1: ['gzip', 'snappy', 'lz4'], 2: ['gzip', 'snappy', 'lz4', 'zstd'] } as const

export const PLATFORMATIC_CHECKS = { 1: checks(PLATFORMATIC_COMPRESSIONS[1]), 2: checks(PLATFORMATIC_COMPRESSIONS[2]) } as const
