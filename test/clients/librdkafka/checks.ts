// What librdkafka is tried with: its scenario prints a line for each of these names.
import type { Checks } from '../checks.js'

export const LIBRDKAFKA_CHECKS: Checks = {
  topics: ['topics are created, grown, described and deleted'],
  configs: ['configs are described, altered and put back'],
  records: ['records are sent plainly and by an idempotent producer', 'large messages go through, and what is too large is refused'],
  idempotence: ['an idempotent producer sends many batches at a time in order'],
  compression: ['gzip', 'snappy', 'lz4', 'zstd'].map((compression) => `batches in ${compression} are sent and read`),
  groups: [
    ...['classic', 'cooperative', 'static', 'consumer'].map((kind) => `a group reads all and commits: ${kind}`),
    ...['classic', 'cooperative', 'consumer'].map((kind) => `a second member takes half of the partitions, and gives them back: ${kind}`),
    'a static member that comes back keeps its partitions, without a rebalance',
    'what is paused is not read until it is resumed',
    'statistics name the broker and count what was sent',
  ],
  offsets: ['a consumer seeks by offset and by time', 'offsets are listed and records deleted'],
  'groups administered': ['groups are listed, described, their offsets altered, and deleted', 'a group that has members is not deleted'],
  transactions: [
    'a transaction that commits is read, one that aborts is not',
    'what a transaction has not committed yet holds committed readers back',
    'offsets are committed with a transaction, and not with one that aborts',
    'a second producer of a transactional id fences the first',
  ],
  access: ['access rules are created, found and deleted', 'users of SCRAM are kept, told and deleted'],
}
