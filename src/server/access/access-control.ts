// Who may do what, by the rules of Kafka's StandardAuthorizer: super users may do everything; else one rule that denies wins over all
// that allow; without a rule about a thing nobody may do anything with it, unless it is said that then everybody may.
// The rules are kept with the broker's own data, so they are the same for all of its listeners and after it was opened again.

import type { KeptMap } from '../../core/kept-map.js'
import { KafkaliteError } from '../../errors.js'
import type { AclsOptions } from '../listen-options.js'
import {
  type Acl,
  type AclFilter,
  ANYBODY,
  CLUSTER_NAME,
  faultOf,
  isAbout,
  isFoundBy,
  type Operation,
  OPERATIONS,
  PATTERNS,
  PERMISSIONS,
  type Resource,
  RESOURCES,
  WILDCARD,
} from './acl.js'

const KEY_PREFIX = 'acl '
/** Whoever may do one of these may also look. */
const IMPLYING: Readonly<Record<number, readonly number[]>> = {
  [OPERATIONS.describe]: [OPERATIONS.read, OPERATIONS.write, OPERATIONS.delete, OPERATIONS.alter],
  [OPERATIONS.describeConfigs]: [OPERATIONS.alterConfigs],
}

/** The rules of a broker. */
export class AclStore {
  private readonly acls = new Map<string, Acl>()

  constructor(private readonly kept: KeptMap) {
    for (const [key, value] of kept.entries()) if (key.startsWith(KEY_PREFIX)) this.acls.set(key, value as Acl)
  }

  all(): Iterable<Acl> {
    return this.acls.values()
  }

  found(filter: AclFilter): readonly Acl[] {
    return [...this.acls.values()].filter((acl) => isFoundBy(acl, filter))
  }

  /** Durable when it resolves. INVALID_REQUEST. A rule that is there already stays. */
  async add(acls: readonly Acl[]): Promise<void> {
    for (const acl of acls) {
      const fault = faultOf(acl)
      if (fault !== null) throw new KafkaliteError('INVALID_REQUEST', fault)
    }
    const entries = acls.map((acl) => [keyOf(acl), acl] as const)
    await this.kept.write(entries)
    for (const [key, acl] of entries) this.acls.set(key, acl)
  }

  /** Durable when it resolves. */
  async remove(acls: readonly Acl[]): Promise<void> {
    await this.kept.write(acls.map((acl) => [keyOf(acl), null] as const))
    for (const acl of acls) this.acls.delete(keyOf(acl))
  }
}

function keyOf({ resourceType, resourceName, patternType, principal, host, operation, permissionType }: Acl): string {
  return KEY_PREFIX + JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permissionType])
}

/** What one client may do. */
export class Access {
  private readonly isSuper: boolean

  constructor(
    private readonly store: AclStore,
    private readonly options: AclsOptions,
    private readonly principal: string,
    private readonly host: string,
  ) {
    this.isSuper = options.superUsers?.includes(principal) === true
  }

  may(operation: Operation, resource: Resource, name = CLUSTER_NAME): boolean {
    return this.mayDo(OPERATIONS[operation], RESOURCES[resource], name)
  }

  /** Of the operations in the bits those that it may do. */
  operations(bits: number, resource: Resource, name = CLUSTER_NAME): number {
    let allowed = 0
    for (let operation = 0; operation < 31; operation++)
      if ((bits & (1 << operation)) !== 0 && this.mayDo(operation, RESOURCES[resource], name)) allowed |= 1 << operation
    return allowed
  }

  /** Whether there is any name of the kind with which it may do that: a rule allows it that no rule denies as a whole. */
  maySomewhere(operation: Operation, resource: Resource): boolean {
    if (this.isSuper) return true
    const wanted = OPERATIONS[operation]
    const rules = [...this.store.all()].filter(
      (acl) =>
        acl.resourceType === RESOURCES[resource] && this.isMine(acl) && (acl.operation === wanted || acl.operation === OPERATIONS.all),
    )
    const denials = rules.filter(({ permissionType }) => permissionType === PERMISSIONS.deny)
    if (denials.some((acl) => acl.patternType === PATTERNS.literal && acl.resourceName === WILDCARD)) return false
    if (this.options.allowEveryoneIfNoAclFound === true) return true
    return rules.some((acl) => acl.permissionType === PERMISSIONS.allow && !denials.some((denial) => covers(denial, acl)))
  }

  private mayDo(operation: number, resourceType: number, name: string): boolean {
    if (this.isSuper) return true
    let isAllowed = false
    let isFound = false
    for (const acl of this.store.all()) {
      if (acl.resourceType !== resourceType || !isAbout(acl, name)) continue
      isFound = true
      if (!this.isMine(acl)) continue
      const isExact = acl.operation === operation || acl.operation === OPERATIONS.all
      if (acl.permissionType === PERMISSIONS.deny && isExact) return false
      if (acl.permissionType === PERMISSIONS.allow && (isExact || IMPLYING[operation]?.includes(acl.operation) === true)) isAllowed = true
    }
    return isAllowed || (!isFound && this.options.allowEveryoneIfNoAclFound === true)
  }

  private isMine({ principal, host }: Acl): boolean {
    return (principal === this.principal || principal === ANYBODY) && (host === this.host || host === WILDCARD)
  }
}

/** Whether a denial takes everything that a permission gives. */
function covers(denial: Acl, permission: Acl): boolean {
  if (denial.patternType === PATTERNS.prefixed) return permission.resourceName.startsWith(denial.resourceName)
  return permission.patternType === PATTERNS.literal && denial.resourceName === permission.resourceName
}
