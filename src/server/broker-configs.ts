// The configs of the broker that clients ask for, in Kafka's names: facts, none of which can be changed over the wire.

/** Name, value and Kafka's number of the type. */
export const BROKER_CONFIGS: readonly (readonly [name: string, value: string, type: number])[] = [
  ['auto.create.topics.enable', 'true', 1],
  ['broker.id', '1', 3],
  ['default.replication.factor', '1', 3],
  ['group.initial.rebalance.delay.ms', '0', 3],
  ['group.max.session.timeout.ms', '1800000', 3],
  ['group.min.session.timeout.ms', '100', 3],
  ['log.cleanup.policy', 'delete', 7],
  ['log.message.timestamp.type', 'CreateTime', 2],
  ['log.retention.bytes', '-1', 5],
  ['log.retention.ms', '604800000', 5],
  ['log.segment.bytes', '1073741824', 3],
  ['message.max.bytes', '1048588', 3],
  ['min.insync.replicas', '1', 3],
  ['node.id', '1', 3],
  ['num.partitions', '1', 3],
  ['offset.metadata.max.bytes', '4096', 3],
  ['socket.request.max.bytes', '104857600', 3],
]
