// Sends requests that are almost right to a listener: every API in every version, as we and as Kafka's own classes write it, and batches as
// clients have sent them (test/captured), with bytes changed, cut off, added, or lengths blown up; a batch often with its checksum mended.
// The listener may answer or close the connection; it must never report a bug of its own, hang, or stop serving others.
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Broker, type Listener } from 'kafkalite'
import { writeRequestHeader } from '../../src/protocol/header.js'
import { WireWriter } from '../../src/protocol/wire-writer.js'
import { crc32c } from '../../src/lib/crc32c.js'
import { writeInt32 } from '../../src/lib/bytes.js'
import * as F from '../../src/record/format.js'
import { produceRequest } from '../../src/protocol/messages/00-produce.js'
import { HANDLERS } from '../../src/server/handlers.js'
import { fromBase64, samplesOf } from '../protocol/kafka-sample.js'
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

/** What Kafka's own classes wrote, of every API and version that is offered. */
function fromKafka(): Uint8Array[] {
  return [...HANDLERS.values()].flatMap(({ request, first, last }) =>
    samplesOf(request)
      .filter(({ version }) => version >= first && version <= last)
      .map(({ header, bytes }) => Buffer.concat([fromBase64(header), fromBase64(bytes)])),
  )
}

const CAPTURED = fileURLToPath(new URL('../captured', import.meta.url))

/** Batches that clients have sent. */
function capturedBatches(): Uint8Array[] {
  return ['java', 'kafkajs', 'librdkafka'].flatMap((client) =>
    readdirSync(`${CAPTURED}/${client}`)
      .filter((name) => name.endsWith('.hex'))
      .map((name) => new Uint8Array(Buffer.from(readFileSync(`${CAPTURED}/${client}/${name}`, 'utf8').trim(), 'hex'))),
  )
}

/** A Produce of a batch that was changed behind its checksum, which fits again more often than not. */
function produceOf(batch: Uint8Array, random: (below: number) => number): Uint8Array {
  const changed = mutate(batch, random, F.LOG_OVERHEAD)
  if (changed.length > F.HEADER_BYTES && random(4) > 0) {
    if (random(2) === 0) writeInt32(changed, F.BATCH_LENGTH, changed.length - F.LOG_OVERHEAD)
    writeInt32(changed, F.CRC, crc32c(changed, F.ATTRIBUTES, changed.length) | 0)
  }
  const writer = new WireWriter()
  const apiVersion = 3 + random(9)
  writeRequestHeader(writer, { apiKey: 0, apiVersion, correlationId: 1, clientId: 'fuzz' }, produceRequest.isFlexible(apiVersion))
  const transactionalId = random(3) === 0 ? 'fuzz' : null
  produceRequest.write(writer, { ...produceBody('orders', changed, random(3) - 1), transactionalId }, apiVersion)
  return Buffer.concat(writer.finish())
}

/** Bytes behind the key and the version, so that the request still finds its reader. */
const FIRST_CHANGED = 8

function mutate(frame: Uint8Array, random: (below: number) => number, firstChanged = FIRST_CHANGED): Uint8Array {
  const kind = random(5)
  if (kind === 0) return Buffer.from(frame.subarray(0, random(frame.length + 1)))
  if (kind === 1) return Buffer.concat([frame, Buffer.alloc(1 + random(40), random(256))])
  const changed = Buffer.from(frame)
  const at = (size: number): number => firstChanged + random(Math.max(1, changed.length - firstChanged - size))
  if (kind === 2 && changed.length > firstChanged + 4) changed.writeInt32BE([2_147_483_647, -1, -2, 65_536][random(4)] ?? 0, at(4))
  else if (kind === 3 && changed.length > firstChanged + 2) changed.writeInt16BE([32_767, -1, -2, 300][random(4)] ?? 0, at(2))
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

/** What was taken can be read, by a consumer that trusts it. */
async function readAll(broker: Broker, faults: string[]): Promise<void> {
  const topic = await broker.topic('orders')
  try {
    for await (const record of topic.read({ from: 'earliest', to: 'end' })) if (record.offset < 0) faults.push('a record has no offset')
  } catch (error) {
    faults.push(`what was taken cannot be read: ${error}`)
  }
}

export async function fuzz({ frames, seed }: { readonly frames: number; readonly seed: number }): Promise<FuzzResult> {
  const random = randomFrom(seed)
  const broker = await Broker.open()
  const faults: string[] = []
  broker.on('error', (error) => faults.push(`${error.message}: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}`))
  const listener = await broker.listen({ maxRequestBytes: 1_048_576 })
  const healthy = await WireClient.connect(listener)
  const samples = [...wellFormed(), ...fromKafka()]
  const batches = capturedBatches()
  await broker.topic('orders')
  let answered = 0
  for (let done = 0; done < frames; done++) {
    const frame =
      random(3) === 0
        ? produceOf(batches[random(batches.length)] ?? new Uint8Array(0), random)
        : mutate(samples[random(samples.length)] ?? new Uint8Array(0), random)
    const length = Buffer.alloc(4)
    length.writeInt32BE(random(50) === 0 ? 2_147_483_647 : frame.length)
    if ((await send(listener, Buffer.concat([length, frame]))) === 'answered') answered++
  }
  await readAll(broker, faults)
  await healthy.call(metadataRequest, metadataResponse, 9, { topics: [] })
  healthy.close()
  await broker.close()
  return { frames, answered, closed: frames - answered, faults }
}
