// What Apache Kafka's Java clients and Kafka Streams are tried with.
import type { Checks } from '../checks.js'

export const JAVA_CHECKS: Checks = {
  topics: ['topics are created, grown, described and deleted', 'what is not there is refused'],
  configs: ['configs are described, altered and put back'],
  records: ['records are sent with keys, headers, times and partitions'],
  compression: ['gzip', 'snappy', 'lz4', 'zstd'].map((compression) => `batches in ${compression} are sent and read`),
  groups: [
    ...['classic', 'consumer'].map(
      (protocol) => `a group of the ${protocol} protocol reads all, commits, and goes on after what it committed`,
    ),
    ...['RangeAssignor', 'RoundRobinAssignor', 'StickyAssignor', 'CooperativeStickyAssignor', 'uniform', 'range'].map(
      (assignor) => `a second member takes half of the partitions: ${assignor}`,
    ),
    'a pattern takes a topic that comes later',
  ],
  offsets: ['a consumer seeks by offset and by time', 'offsets are listed and records deleted'],
  'groups administered': ['groups are listed, described, their offsets altered, and deleted'],
  transactions: [
    'a transaction that commits is read, one that aborts is not',
    ...['classic', 'consumer'].map((protocol) => `offsets are committed with a transaction, and not with one that aborts: ${protocol}`),
    'a second producer of a transactional id fences the first',
  ],
  'share groups': ['a share consumer accepts and releases, and counts deliveries'],
  access: ['access rules are created, found and deleted', 'users of SCRAM are kept, told and deleted'],
}

export const STREAMS_CHECKS: Checks = {
  streams: [
    'Kafka Streams counts words with exactly_once_v2',
    'another instance goes on from the changelog, and no word is lost or counted twice',
  ],
}
