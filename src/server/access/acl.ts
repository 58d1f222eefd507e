// What an access rule (ACL) is, in Kafka's numbers, and which ones a filter finds. A rule says that a principal, from a host, may or may
// not do an operation with what its pattern names.

/** AclOperation. */
export const OPERATIONS = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const
export type Operation = keyof typeof OPERATIONS
/** The last operation that Kafka knows. */
const OPERATION_MAX = 15

/** ResourceType. */
export const RESOURCES = { any: 1, topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
export type Resource = Exclude<keyof typeof RESOURCES, 'any'>
/** Delegation tokens and users have rules too, though nothing here asks for them. */
const RESOURCE_MAX = 7
/** The one name of the one cluster. */
export const CLUSTER_NAME = 'kafka-cluster'

/** PatternType; a filter may also say `match`: whatever applies to a name. */
export const PATTERNS = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
/** AclPermissionType. */
export const PERMISSIONS = { any: 1, deny: 2, allow: 3 } as const
/** As a name or a host in a rule: each of them. As a principal: `User:*`. */
export const WILDCARD = '*'
export const ANYBODY = 'User:*'

/** What is said where nobody asks for rules, in Kafka's words. */
export const NO_AUTHORIZER = 'No Authorizer is configured.'

export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  /** `User:` and a name. */
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** Whether the rule is about what has that name. */
export function isAbout({ patternType, resourceName }: Acl, name: string): boolean {
  if (patternType === PATTERNS.prefixed) return name.startsWith(resourceName)
  return resourceName === name || resourceName === WILDCARD
}

export function isFoundBy(acl: Acl, filter: AclFilter): boolean {
  const { resourceTypeFilter, principalFilter, hostFilter, operation, permissionType } = filter
  if (resourceTypeFilter !== RESOURCES.any && resourceTypeFilter !== acl.resourceType) return false
  if (principalFilter !== null && principalFilter !== acl.principal) return false
  if (hostFilter !== null && hostFilter !== acl.host) return false
  if (operation !== OPERATIONS.any && operation !== acl.operation) return false
  if (permissionType !== PERMISSIONS.any && permissionType !== acl.permissionType) return false
  return hasPattern(acl, filter)
}

function hasPattern(acl: Acl, { patternTypeFilter: type, resourceNameFilter: name }: AclFilter): boolean {
  if (type !== PATTERNS.any && type !== PATTERNS.match && type !== acl.patternType) return false
  if (name === null) return true
  return type === PATTERNS.match ? isAbout(acl, name) : acl.resourceName === name
}

/** What is wrong with a rule that somebody wants to make; null: nothing. */
export function faultOf(acl: Acl): string | null {
  const { resourceType, resourceName, patternType, principal, operation, permissionType } = acl
  if (resourceType <= RESOURCES.any || resourceType > RESOURCE_MAX) return `There is no resource type ${resourceType}`
  if (resourceType === RESOURCES.cluster && resourceName !== CLUSTER_NAME)
    return `The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`
  if (resourceName === '') return 'Resource name should not be empty'
  if (patternType !== PATTERNS.literal && patternType !== PATTERNS.prefixed) return `A rule is LITERAL or PREFIXED, not ${patternType}`
  if (operation <= OPERATIONS.any || operation > OPERATION_MAX) return `There is no operation ${operation}`
  if (permissionType !== PERMISSIONS.allow && permissionType !== PERMISSIONS.deny) return `A rule allows or denies, not ${permissionType}`
  if (!principal.includes(':')) return `The principal "${principal}" has no colon between its type and its name`
  return null
}
