// Users that clients keep with AlterUserScramCredentials: they get in with their password, also after the broker was opened again.

import { pbkdf2Sync } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { Broker, MemoryStorage } from 'kafkalite'
import { expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from '../../src/protocol/messages/50-describe-user-scram-credentials.js'
import {
  type AlterUserScramCredentialsRequest,
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from '../../src/protocol/messages/51-alter-user-scram-credentials.js'
import { WireClient } from './wire-client.js'

const SHA_256 = 1
const salt = Buffer.from('a salt of a client')

const carol = (password: string, iterations = 8192, mechanism = SHA_256): AlterUserScramCredentialsRequest['upsertions'][number] => ({
  name: 'carol',
  mechanism,
  iterations,
  salt,
  saltedPassword: pbkdf2Sync(password, salt, iterations, 32, 'sha256'),
})

async function opened(storage = new MemoryStorage()) {
  const broker = await Broker.open({ storage })
  onTestFinished(() => broker.close())
  const admin = await WireClient.connect(await broker.listen())
  onTestFinished(() => admin.close())
  const asking = await broker.listen({ sasl: { users: { dave: 'dave-secret' } } })
  const alter = async (change: Partial<AlterUserScramCredentialsRequest>): Promise<number | undefined> => {
    const { results } = await admin.call(alterUserScramCredentialsRequest, alterUserScramCredentialsResponse, 0, {
      deletions: [],
      upsertions: [],
      ...change,
    })
    return results[0]?.errorCode
  }
  const describe = async (...names: readonly string[]) =>
    (
      await admin.call(describeUserScramCredentialsRequest, describeUserScramCredentialsResponse, 0, {
        users: names.length === 0 ? null : names.map((name) => ({ name })),
      })
    ).results
  const topicsAs = async (username: string, password: string): Promise<readonly string[]> => {
    const sasl = { mechanism: 'scram-sha-256', username, password } as const
    const client = new Kafka({ brokers: [asking.address], sasl, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    onTestFinished(() => client.disconnect())
    await client.connect()
    return client.listTopics()
  }
  return { broker, alter, describe, topicsAs }
}

test('a user that was made gets in, until it is gone, and a given one all the time', async () => {
  const { alter, describe, topicsAs } = await opened()
  await expect(topicsAs('carol', 'carol-secret')).rejects.toThrow(/authentication failed/i)
  expect(await alter({ upsertions: [carol('carol-secret')] })).toBe(0)
  expect(await topicsAs('carol', 'carol-secret')).toEqual([])
  await expect(topicsAs('carol', 'other')).rejects.toThrow(/authentication failed/i)
  expect(await describe()).toMatchObject([{ user: 'carol', credentialInfos: [{ mechanism: SHA_256, iterations: 8192 }] }])
  expect(await alter({ deletions: [{ name: 'carol', mechanism: SHA_256 }] })).toBe(0)
  await expect(topicsAs('carol', 'carol-secret')).rejects.toThrow(/authentication failed/i)
  expect(await topicsAs('dave', 'dave-secret')).toEqual([])
})

test('users are kept when the broker is opened again', async () => {
  const storage = new MemoryStorage()
  const first = await opened(storage)
  await first.alter({ upsertions: [carol('carol-secret')] })
  await first.broker.close()
  expect(await (await opened(storage)).topicsAs('carol', 'carol-secret')).toEqual([])
})

test('what Kafka refuses is refused', async () => {
  const { alter, describe } = await opened()
  expect(await alter({ upsertions: [carol('x', 100)] })).toBe(ERROR_CODES.UNACCEPTABLE_CREDENTIAL)
  expect(await alter({ upsertions: [carol('x', 20_000)] })).toBe(ERROR_CODES.UNACCEPTABLE_CREDENTIAL)
  expect(await alter({ upsertions: [carol('x', 8192, 9)] })).toBe(ERROR_CODES.UNSUPPORTED_SASL_MECHANISM)
  expect(await alter({ upsertions: [{ ...carol('x'), name: '' }] })).toBe(ERROR_CODES.UNACCEPTABLE_CREDENTIAL)
  expect(await alter({ deletions: [{ name: 'carol', mechanism: SHA_256 }] })).toBe(ERROR_CODES.RESOURCE_NOT_FOUND)
  expect(await alter({ upsertions: [carol('x'), carol('y')] })).toBe(ERROR_CODES.DUPLICATE_RESOURCE)
  expect(await describe('nobody')).toMatchObject([{ errorCode: ERROR_CODES.RESOURCE_NOT_FOUND }])
  expect(await describe()).toEqual([])
})
