// All cases, by the file that keeps Kafka's answers to them.
import type { CaseGroup } from './case.js'
import { CLASSIC_GROUP_CASES } from './cases/classic-groups.js'
import { CONFIG_CASES } from './cases/configs.js'
import { CONSUMER_GROUP_CASES } from './cases/consumer-groups.js'
import { DELETED_RECORDS_CASES } from './cases/deleted-records.js'
import { IDEMPOTENCE_CASES } from './cases/idempotence.js'
import { OFFSET_CASES } from './cases/offsets.js'
import { PRODUCE_CASES } from './cases/produce.js'
import { READING_CASES } from './cases/reading.js'
import { REPLICA_CASES } from './cases/replicas.js'
import { SHARE_GROUP_CASES } from './cases/share-groups.js'
import { TOPIC_CASES } from './cases/topics.js'
import { TRANSACTION_CASES } from './cases/transactions.js'

export const GROUPS: readonly CaseGroup[] = [
  { name: 'topics', cases: TOPIC_CASES },
  { name: 'configs', cases: CONFIG_CASES },
  { name: 'produce', cases: PRODUCE_CASES },
  { name: 'idempotence', cases: IDEMPOTENCE_CASES },
  { name: 'reading', cases: READING_CASES },
  { name: 'deleted-records', cases: DELETED_RECORDS_CASES },
  { name: 'offsets', cases: OFFSET_CASES },
  { name: 'classic-groups', cases: CLASSIC_GROUP_CASES },
  { name: 'consumer-groups', cases: CONSUMER_GROUP_CASES },
  { name: 'transactions', cases: TRANSACTION_CASES },
  { name: 'replicas', cases: REPLICA_CASES },
  { name: 'share-groups', cases: SHARE_GROUP_CASES },
]
