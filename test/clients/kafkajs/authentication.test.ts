// kafkajs says who it is, by all mechanisms, also over TLS; whoever is not known gets nothing.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { Broker, type ListenOptions } from 'kafkalite'
import { apiVersionsRequest } from '../../../src/protocol/messages/18-api-versions.js'
import { metadataRequest } from '../../../src/protocol/messages/03-metadata.js'
import { WireClient } from '../../server/wire-client.js'

async function served(
  options: ListenOptions,
): Promise<(client: { readonly sasl?: SASLOptions; readonly ssl?: { readonly ca: string } }) => Promise<readonly string[]>> {
  const broker = await Broker.open()
  onTestFinished(() => broker.close())
  const { address } = await broker.listen(options)
  await broker.topic('orders')
  return async (client) => {
    const kafka = new Kafka({ ...client, brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    const admin = kafka.admin()
    onTestFinished(() => admin.disconnect())
    await admin.connect()
    return admin.listTopics()
  }
}

const users = { alice: 'pencil, = é', bob: 'secret' }

test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
  '%s lets in who has the right password, and nobody else',
  async (mechanism) => {
    const list = await served({ sasl: { users } })
    const as = (username: string, password: string): Promise<readonly string[]> =>
      list({ sasl: { mechanism, username, password } as SASLOptions })
    expect(await as('alice', users.alice)).toEqual(['orders'])
    expect(await as('bob', users.bob)).toEqual(['orders'])
    await expect(as('alice', 'wrong')).rejects.toThrow(/authentication failed/i)
    await expect(as('mallory', users.bob)).rejects.toThrow(/authentication failed/i)
    await expect(as('toString', '')).rejects.toThrow()
  },
)

test('a mechanism that is not offered is refused, and a stranger is not answered', async () => {
  const broker = await Broker.open()
  onTestFinished(() => broker.close())
  const listener = await broker.listen({
    sasl: { users: async (user) => (user === 'bob' ? 'secret' : undefined), mechanisms: ['SCRAM-SHA-512'] },
  })
  const kafka = new Kafka({
    brokers: [listener.address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    sasl: { mechanism: 'plain', username: 'bob', password: 'secret' },
  })
  await expect(kafka.admin().connect()).rejects.toThrow(/SCRAM-SHA-512|mechanism/i)
  const stranger = await WireClient.connect(listener)
  stranger.send(metadataRequest, 9, { topics: null })
  await stranger.closed
  expect(stranger.frames).toEqual([])
  const curious = await WireClient.connect(listener)
  curious.send(apiVersionsRequest, 0, {})
  curious.send(apiVersionsRequest, 0, {})
  await curious.closed
  expect(curious.frames).toHaveLength(1)
})

test('over TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  const ca = readFileSync(cert, 'utf8')
  const list = await served({ tls: { key: readFileSync(key, 'utf8'), cert: ca }, sasl: { users } })
  expect(await list({ ssl: { ca }, sasl: { mechanism: 'scram-sha-256', username: 'bob', password: 'secret' } })).toEqual(['orders'])
  await expect(list({ sasl: { mechanism: 'scram-sha-256', username: 'bob', password: 'secret' } })).rejects.toThrow()
})
