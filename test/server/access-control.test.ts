// The rules of Kafka's StandardAuthorizer, and that every API that is answered says what right it takes.

import { expect, test } from 'vitest'
import { Access, AclStore } from '../../src/server/access/access-control.js'
import { type Acl, OPERATIONS, PATTERNS, PERMISSIONS, RESOURCES } from '../../src/server/access/acl.js'
import { GUARDS } from '../../src/server/access/guards.js'
import { HANDLERS } from '../../src/server/handlers.js'
import type { AclsOptions } from '../../src/server/listen-options.js'

type Rule = readonly [
  permission: 'allow' | 'deny',
  principal: string,
  operation: keyof typeof OPERATIONS,
  resource: keyof typeof RESOURCES,
  name: string,
  pattern?: 'prefixed',
  host?: string,
]

function acl([permission, principal, operation, resource, name, pattern = undefined, host = '*']: Rule): Acl {
  return {
    resourceType: RESOURCES[resource],
    resourceName: name,
    patternType: PATTERNS[pattern ?? 'literal'],
    principal,
    host,
    operation: OPERATIONS[operation],
    permissionType: PERMISSIONS[permission],
  }
}

async function accessBy(rules: readonly Rule[], options: AclsOptions = {}, principal = 'User:alice', host = '10.0.0.1'): Promise<Access> {
  const store = new AclStore({ entries: () => [], write: () => undefined })
  await store.add(rules.map(acl))
  return new Access(store, options, principal, host)
}

test('without a rule nobody may do anything but super users, unless that is said', async () => {
  expect((await accessBy([])).may('read', 'topic', 'orders')).toBe(false)
  expect((await accessBy([], { superUsers: ['User:alice'] })).may('alter', 'cluster')).toBe(true)
  const open = { allowEveryoneIfNoAclFound: true }
  expect((await accessBy([], open)).may('read', 'topic', 'orders')).toBe(true)
  // A rule about the topic closes it for all others.
  const closed = await accessBy([['allow', 'User:bob', 'read', 'topic', 'orders']], open)
  expect([closed.may('read', 'topic', 'orders'), closed.may('read', 'topic', 'mails')]).toEqual([false, true])
})

test('rules are about a name, a beginning of names, or all names', async () => {
  const access = await accessBy([
    ['allow', 'User:alice', 'read', 'topic', 'orders'],
    ['allow', 'User:alice', 'write', 'topic', 'log-', 'prefixed'],
    ['allow', 'User:alice', 'read', 'group', '*'],
  ])
  expect(['orders', 'orders-2', 'log-1'].map((name) => access.may('read', 'topic', name))).toEqual([true, false, false])
  expect(['log-', 'log-1', 'lo'].map((name) => access.may('write', 'topic', name))).toEqual([true, true, false])
  expect(access.may('read', 'group', 'whatever')).toBe(true)
})

test('one rule that denies wins over all that allow', async () => {
  const access = await accessBy([
    ['allow', 'User:*', 'all', 'topic', '*'],
    ['deny', 'User:alice', 'write', 'topic', 'secret-', 'prefixed'],
  ])
  expect([access.may('write', 'topic', 'secret-1'), access.may('read', 'topic', 'secret-1'), access.may('write', 'topic', 'open')]).toEqual(
    [false, true, true],
  )
})

test('whoever may read, write, delete or alter may look, and a denial of one of them denies no looking', async () => {
  for (const operation of ['read', 'write', 'delete', 'alter'] as const)
    expect((await accessBy([['allow', 'User:alice', operation, 'topic', 't']])).may('describe', 'topic', 't')).toBe(true)
  expect((await accessBy([['allow', 'User:alice', 'alterConfigs', 'topic', 't']])).may('describeConfigs', 'topic', 't')).toBe(true)
  const access = await accessBy([
    ['allow', 'User:alice', 'describe', 'topic', 't'],
    ['deny', 'User:alice', 'read', 'topic', 't'],
  ])
  expect([access.may('describe', 'topic', 't'), access.may('read', 'topic', 't')]).toEqual([true, false])
})

test('a rule may be for one host, and for nobody else', async () => {
  const rules: readonly Rule[] = [['allow', 'User:alice', 'read', 'topic', 't', undefined, '10.0.0.1']]
  expect((await accessBy(rules)).may('read', 'topic', 't')).toBe(true)
  expect((await accessBy(rules, {}, 'User:alice', '10.0.0.2')).may('read', 'topic', 't')).toBe(false)
  expect((await accessBy(rules, {}, 'User:bob')).may('read', 'topic', 't')).toBe(false)
})

test('somewhere is where a rule allows it and no rule takes all of that away', async () => {
  const may = async (...rules: readonly Rule[]): Promise<boolean> => (await accessBy(rules)).maySomewhere('write', 'topic')
  expect(await may()).toBe(false)
  expect(await may(['allow', 'User:alice', 'write', 'topic', 't'])).toBe(true)
  expect(await may(['allow', 'User:alice', 'write', 'topic', 't'], ['deny', 'User:alice', 'all', 'topic', 't'])).toBe(false)
  expect(await may(['allow', 'User:alice', 'write', 'topic', 'abc'], ['deny', 'User:*', 'write', 'topic', 'a', 'prefixed'])).toBe(false)
  expect(await may(['allow', 'User:alice', 'write', 'topic', 'a', 'prefixed'], ['deny', 'User:*', 'write', 'topic', 'ab'])).toBe(true)
  expect(await may(['allow', 'User:alice', 'write', 'topic', 'a'], ['deny', 'User:*', 'write', 'topic', '*'])).toBe(false)
})

test('every API that is answered says what right it takes', () => {
  expect([...HANDLERS.keys()].filter((key) => GUARDS[key] === undefined)).toEqual([])
})
