// connections.max.reauth.ms: what a client has proved counts for so long, and then it must prove it again.

import { expect, onTestFinished, test } from 'vitest'
import { Broker } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { saslHandshakeRequest, saslHandshakeResponse } from '../../src/protocol/messages/17-sasl-handshake.js'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '../../src/protocol/messages/36-sasl-authenticate.js'
import { WireClient } from './wire-client.js'

async function served(connectionsMaxReauthMs?: number) {
  const clock = new VirtualClock()
  const broker = await Broker.open({ clock })
  onTestFinished(() => broker.close())
  const client = await WireClient.connect(
    await broker.listen({ sasl: { users: { alice: 'a', bob: 'b' } }, connectionsMaxReauthMs, connectionsMaxIdleMs: 1_000_000 }),
  )
  onTestFinished(() => client.close())
  const prove = async (user: string, password: string) => {
    await client.call(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: 'PLAIN' })
    const authBytes = new TextEncoder().encode(`\0${user}\0${password}`)
    return client.call(saslAuthenticateRequest, saslAuthenticateResponse, 2, { authBytes })
  }
  const ask = () => client.call(metadataRequest, metadataResponse, 9, { topics: [] })
  return { clock, client, prove, ask }
}

test('a client is told how long it has, and who proves it again in time goes on', async () => {
  const { clock, prove, ask } = await served(10_000)
  await expect(prove('alice', 'a')).resolves.toMatchObject({ errorCode: 0, sessionLifetimeMs: 10_000 })
  await clock.advance(9_000)
  await expect(ask()).resolves.toMatchObject({ controllerId: 1 })
  await expect(prove('alice', 'a')).resolves.toMatchObject({ errorCode: 0 })
  await clock.advance(9_000)
  await expect(ask()).resolves.toMatchObject({ controllerId: 1 })
})

test('whoever does not is not answered any more', async () => {
  const { clock, client, prove, ask } = await served(10_000)
  await prove('alice', 'a')
  await clock.advance(10_000)
  await expect(ask()).rejects.toThrow(/closed/)
  await expect(client.closed).resolves.toBeUndefined()
})

test('nobody becomes somebody else on the way', async () => {
  const { prove } = await served(10_000)
  await prove('alice', 'a')
  await expect(prove('bob', 'b')).resolves.toMatchObject({ errorCode: 58 })
})

test('without the option it counts for ever', async () => {
  const { clock, prove, ask } = await served()
  await expect(prove('alice', 'a')).resolves.toMatchObject({ sessionLifetimeMs: 0 })
  await clock.advance(900_000)
  await expect(ask()).resolves.toMatchObject({ controllerId: 1 })
})
