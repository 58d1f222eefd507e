// Which guard stands before which API. An API without one is closed on listeners with access rules: whoever adds an API says here what
// right it takes.

import type { Guard } from './guard.js'
import { CLUSTER_GUARDS } from './cluster-guards.js'
import { GROUP_GUARDS } from './group-guards.js'
import { TOPIC_GUARDS } from './topic-guards.js'

export const GUARDS: Readonly<Record<number, Guard>> = { ...TOPIC_GUARDS, ...GROUP_GUARDS, ...CLUSTER_GUARDS }
