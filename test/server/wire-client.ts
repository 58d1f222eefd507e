// A client of the wire protocol for tests: one socket, requests numbered in the order in which they are sent, answers in the order in
// which they come. It uses the project's own codecs, which test/protocol holds against Kafka's.
import { connect, type Socket } from 'node:net'
import { readResponseHeader, writeRequestHeader } from '../../src/protocol/header.js'
import type { Message, Outgoing } from '../../src/protocol/message.js'
import { WireReader } from '../../src/protocol/wire-reader.js'
import { WireWriter } from '../../src/protocol/wire-writer.js'
import { FrameReader } from '../../src/server/frame-reader.js'

export class WireClient {
  /** Every frame that came, as bytes. */
  readonly frames: Uint8Array[] = []
  /** Settles when the broker has closed the connection. */
  readonly closed: Promise<void>
  private readonly lost: Promise<never>
  private correlationId = 0
  private readonly waiting: ((frame: Uint8Array) => void)[] = []

  private constructor(private readonly socket: Socket) {
    const reader = new FrameReader(1 << 30, (frame) => {
      this.frames.push(frame)
      this.waiting.shift()?.(frame)
    })
    socket.on('data', (chunk: Uint8Array) => reader.push(chunk))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    this.lost = this.closed.then(() => Promise.reject(new Error('The broker has closed the connection')))
    this.lost.catch(() => undefined)
  }

  static async connect({ host, port }: { readonly host: string; readonly port: number }): Promise<WireClient> {
    const socket = connect({ host, port })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new WireClient(socket)
  }

  /** Sends a request and reads its answer. */
  async call<Q, R>(request: Message<Q>, response: Message<R>, version: number, body: Outgoing<Q>): Promise<R> {
    const frame = this.next()
    const correlationId = this.send(request, version, body)
    const reader = new WireReader(await Promise.race([frame, this.lost]))
    const answered = readResponseHeader(reader, response, version)
    if (answered !== correlationId) throw new Error(`Answer to request ${answered}, expected one to ${correlationId}`)
    return response.read(reader, version)
  }

  /** Sends a request and does not wait. Answers its number. */
  send<Q>(request: Message<Q>, version: number, body: Outgoing<Q>): number {
    const correlationId = this.correlationId++
    const writer = new WireWriter()
    const header = { apiKey: request.key, apiVersion: version, correlationId, clientId: 'test' }
    writeRequestHeader(writer, header, request.isFlexible(version))
    request.write(writer, body, version)
    this.write(Buffer.concat(writer.finish()))
    return correlationId
  }

  /** Sends bytes as one frame. */
  write(frame: Uint8Array): void {
    const length = Buffer.alloc(4)
    length.writeInt32BE(frame.length)
    this.raw(Buffer.concat([length, frame]))
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** The next frame that comes. */
  next(): Promise<Uint8Array> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Says that nothing more is sent; answers are still read. */
  end(): void {
    this.socket.end()
  }

  /** Leaves in the network what the broker sends, or reads again. */
  reads(does: boolean): void {
    if (does) this.socket.resume()
    else this.socket.pause()
  }

  close(): void {
    this.socket.destroy()
  }
}
