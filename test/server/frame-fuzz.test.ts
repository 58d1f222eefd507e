// A slice of `npm run fuzz`, and peers that are slow, silent or many.
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { apiVersionsRequest, apiVersionsResponse } from '../../src/protocol/messages/18-api-versions.js'
import { fuzz } from './frame-fuzz.js'
import { serve } from './server-fixture.js'

test('a listener lives through requests that are almost right', async () => {
  const { faults, answered, closed } = await fuzz({ frames: 400, seed: 7 })
  expect(faults).toEqual([])
  expect(answered).toBeGreaterThan(0)
  expect(closed).toBeGreaterThan(0)
})

test('a thousand idle connections and one that sends byte by byte keep nobody from theirs', async () => {
  const { listener, client } = await serve()
  const sockets: Socket[] = []
  for (let index = 0; index < 1000; index++) {
    const socket = connect({ host: listener.host, port: listener.port })
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('connect', resolve))
    sockets.push(socket)
  }
  for (const byte of [0, 0, 1]) sockets[0]?.write(Uint8Array.of(byte))
  const busy = await client()
  const { errorCode } = await busy.call(apiVersionsRequest, apiVersionsResponse, 0, {})
  expect(errorCode).toBe(0)
  for (const socket of sockets) socket.destroy()
})
