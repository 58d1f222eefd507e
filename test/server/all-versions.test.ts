// Every request that Kafka's own classes have made, of every API and version that the listener offers, gets an answer of its form: a
// handler that sets what an old version cannot carry, or throws, would close the connection instead.
import { describe, expect, test } from 'vitest'
import { readResponseHeader } from '../../src/protocol/header.js'
import { metadataRequest } from '../../src/protocol/messages/03-metadata.js'
import { WireReader } from '../../src/protocol/wire-reader.js'
import { HANDLERS } from '../../src/server/handlers.js'
import { fromBase64, samplesOf } from '../protocol/kafka-sample.js'
import { serve } from './server-fixture.js'

describe.each([...HANDLERS.values()].map((handler) => [handler.request.name, handler] as const))('%s', (_, handler) => {
  test('is answered in all of its versions', async () => {
    const { client } = await serve()
    const versions = new Set<number>()
    for (const { version, header, bytes } of samplesOf(handler.request)) {
      if (version < handler.first || version > handler.last) continue
      const connection = await client()
      const frame = connection.next()
      connection.write(Buffer.concat([fromBase64(header), fromBase64(bytes)]))
      // acks=0 has no answer, so that the one to the next request is the first to come, and closes the connection when it fails.
      connection.send(metadataRequest, 9, { topics: [] })
      const came = await Promise.race([frame, connection.closed.then(() => null)])
      if (came !== null && new WireReader(came).int32() === 77) {
        const reader = new WireReader(came)
        expect(readResponseHeader(reader, handler.response, version)).toBe(77)
        handler.response.read(reader, version)
        expect(reader.remaining).toBe(0)
      }
      versions.add(version)
      connection.close()
    }
    expect(versions.size).toBe(handler.last - handler.first + 1)
  })
})
