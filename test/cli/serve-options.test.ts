// What the arguments of `kafkalite serve` become, without starting it; and that no secret is repeated.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseServeOptions } from '../../src/cli/serve-options.js'

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-options-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return path
}

const parse = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => parseServeOptions(args, environment)

test('several listeners have the same security, users come from a file', () => {
  const users = file('# who may\nalice:a:secret\r\n\nbob:b\n')
  const { listen, security } = parse(['--listen', '0.0.0.0:9092', '--listen', '[::1]:9093', '--users', users, '--mechanisms', 'plain'])
  expect(listen).toEqual([
    { host: '0.0.0.0', port: 9092 },
    { host: '::1', port: 9093 },
  ])
  expect({ ...(security.sasl?.users as object) }).toEqual({ alice: 'a:secret', bob: 'b' })
  expect(security.sasl?.mechanisms).toEqual(['PLAIN'])
})

test('users come from the environment when no file is given', () => {
  expect({ ...(parse([], { KAFKALITE_USERS: 'carol:c\ndave:d' }).security.sasl?.users as object) }).toEqual({ carol: 'c', dave: 'd' })
  expect(parse([]).security.sasl).toBeUndefined()
})

test('an authority lets in only clients that it has certified', () => {
  const pem = file('PEM')
  const { security } = parse(['--listen', '0.0.0.0:1', '--tls-cert', pem, '--tls-key', pem, '--tls-ca', pem])
  expect(security.tls).toEqual({ cert: 'PEM', key: 'PEM', ca: 'PEM', requestCert: true })
})

test('what is wrong is said in the words of the command, without the secrets', () => {
  const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['--listen', '0.0.0.0:9092'], /anybody who reaches 0\.0\.0\.0 .*--users FILE.*--tls-ca FILE.*--allow-anonymous$/],
    [['--listen', '0.0.0.0:9092', '--tls-cert', file('x'), '--tls-key', file('x')], /--allow-anonymous/],
    [['--users', file('alice')], /^line 1 of the file \S+ is not NAME:PASSWORD$/],
    [['--users', file('# nobody\n')], /names no users/],
    [['--users', '/there/is/none'], /^--users cannot be read$/],
    [['--mechanisms', 'PLAIN'], /--users/],
    [['--tls-cert', file('x')], /--tls-key/],
    [['--listen', '9092:9092:1'], /--listen takes HOST:PORT/],
    [['--topic', 'a:0'], /--topic takes NAME/],
    [['--set', 'num.partitions'], /--set takes NAME=VALUE/],
  ]
  for (const [args, says] of wrong) expect(() => parse(args)).toThrow(says)
  expect(() => parse([], { KAFKALITE_USERS: 'hunter2' })).toThrow(/^line 1 of the variable KAFKALITE_USERS is not NAME:PASSWORD$/)
})

test('access rules are asked for in the words of Kafka', () => {
  const authorizer = 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  const { configs } = parse(['--set', authorizer, '--set', 'super.users=User:admin;User:CN=ops,O=us', '--set', 'num.partitions=2'])
  expect(configs.listener.acls).toEqual({ superUsers: ['User:admin', 'User:CN=ops,O=us'], allowEveryoneIfNoAclFound: false })
  expect(
    parse(['--set', authorizer, '--set', 'allow.everyone.if.no.acl.found=true']).configs.listener.acls?.allowEveryoneIfNoAclFound,
  ).toBe(true)
  expect(() => parse(['--set', 'super.users=User:admin'])).toThrow(
    /need authorizer\.class\.name=.*; super\.users has no meaning without it$/,
  )
  expect(() => parse(['--set', 'authorizer.class.name=Other'])).toThrow(/it cannot be "Other"/)
  expect(parse([]).configs.listener.acls).toBeUndefined()
})
