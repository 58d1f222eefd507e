// What a client may do, as bits of Kafka's operations, for those who ask: everything, because nobody is told apart here yet.

/** read, write, create, delete, alter, describe, describeConfigs, alterConfigs */
export const TOPIC_OPERATIONS = 3576
/** create, clusterAction, describeConfigs, alterConfigs, idempotentWrite, alter, describe */
export const CLUSTER_OPERATIONS = 8096
/** read, delete, describe, describeConfigs, alterConfigs */
export const GROUP_OPERATIONS = 3400
