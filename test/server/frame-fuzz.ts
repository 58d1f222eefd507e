// Sends requests that are almost right to a listener: every API in every version, with bytes changed, cut off, added, or lengths blown up.
// The listener may answer or close the connection; it must never report a bug of its own, hang, or stop serving others.
import { connect } from 'node:net'
import { Broker, type Listener } from 'kafkalite'
import { writeRequestHeader } from '../../src/protocol/header.js'
import { WireWriter } from '../../src/protocol/wire-writer.js'
import { HANDLERS } from '../../src/server/handlers.js'
import { batchOf, produceBody } from './server-fixture.js'
import { WireClient } from './wire-client.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'

export interface FuzzResult {
  readonly frames: number
  readonly answered: number
  readonly closed: number
  /** What the listener reported as its own fault. */
  readonly faults: readonly string[]
}

/** The same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** One well-formed request for each API and version. */
function wellFormed(): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (const { request, first, last } of HANDLERS.values()) {
    for (let version = first; version <= last; version++) {
      const writer = new WireWriter()
      writeRequestHeader(
        writer,
        { apiKey: request.key, apiVersion: version, correlationId: version, clientId: 'fuzz' },
        request.isFlexible(version),
      )
      request.write(writer, request.key === 0 ? produceBody('orders', batchOf('a', 'b')) : {}, version)
      frames.push(Buffer.concat(writer.finish()))
    }
  }
  return frames
}

/** Bytes behind the key and the version, so that the request still finds its reader. */
const FIRST_CHANGED = 8

function mutate(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  const kind = random(5)
  if (kind === 0) return frame.subarray(0, random(frame.length + 1))
  if (kind === 1) return Buffer.concat([frame, Buffer.alloc(1 + random(40), random(256))])
  const changed = Buffer.from(frame)
  const at = (size: number): number => FIRST_CHANGED + random(Math.max(1, changed.length - FIRST_CHANGED - size))
  if (kind === 2 && changed.length > FIRST_CHANGED + 4) changed.writeInt32BE([2_147_483_647, -1, -2, 65_536][random(4)] ?? 0, at(4))
  else if (kind === 3 && changed.length > FIRST_CHANGED + 2) changed.writeInt16BE([32_767, -1, -2, 300][random(4)] ?? 0, at(2))
  else for (let flips = 1 + random(4); flips > 0; flips--) changed[at(1)] = random(256)
  return changed
}

/** Sends the frame on a connection of its own and resolves when something has come of it. */
function send({ host, port }: Listener, bytes: Uint8Array): Promise<'answered' | 'closed'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.end(bytes))
    socket.on('error', () => undefined)
    let outcome: 'answered' | 'closed' = 'closed'
    socket.on('data', () => {
      outcome = 'answered'
    })
    socket.on('close', () => resolve(outcome))
  })
}

export async function fuzz({ frames, seed }: { readonly frames: number; readonly seed: number }): Promise<FuzzResult> {
  const random = randomFrom(seed)
  const broker = await Broker.open()
  const faults: string[] = []
  broker.on('error', (error) => faults.push(`${error.message}: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}`))
  const listener = await broker.listen({ maxRequestBytes: 1_048_576 })
  const healthy = await WireClient.connect(listener)
  const samples = wellFormed()
  let answered = 0
  for (let done = 0; done < frames; done++) {
    const frame = mutate(samples[random(samples.length)] ?? new Uint8Array(0), random)
    const length = Buffer.alloc(4)
    length.writeInt32BE(random(50) === 0 ? 2_147_483_647 : frame.length)
    if ((await send(listener, Buffer.concat([length, frame]))) === 'answered') answered++
  }
  await healthy.call(metadataRequest, metadataResponse, 9, { topics: [] })
  healthy.close()
  await broker.close()
  return { frames, answered, closed: frames - answered, faults }
}
