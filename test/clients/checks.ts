// What a client is tried with: its checks, each a test of its own, by the feature of Kafka that they are about. Data alone, so that
// docs/generate can count them without a client.

/** The features, in the order of docs/compatibility.md. */
export const FEATURES = [
  'cluster',
  'topics',
  'configs',
  'records',
  'idempotence',
  'compression',
  'groups',
  'offsets',
  'groups administered',
  'transactions',
  'share groups',
  'streams',
  'access',
] as const

export type Feature = (typeof FEATURES)[number]
export type Checks = Readonly<Partial<Record<Feature, readonly string[]>>>
