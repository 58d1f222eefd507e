// One client's connection. Requests are answered one after the other in the order in which they came, as Kafka does it: the next one
// begins when the answer to the last one was handed to the socket. What came too early waits in memory, and the socket is not read
// while much of it waits or while the client does not take its answers. A socket delivers at most 64 KiB a turn of the event loop,
// so a client that sends without pause cannot keep the others from theirs.

import type { Socket } from 'node:net'
import { KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'
import type { Timer } from '../lib/clock.js'
import { writeInt32 } from '../lib/bytes.js'
import type { Access } from './access/access-control.js'
import { type Answer, answer } from './dispatcher.js'
import { FrameReader } from './frame-reader.js'
import type { Call } from './handler.js'
import { type RequestRoom, type RoomHolder, SMALL_BYTES } from './request-room.js'

/** Bytes of requests that wait for their turn, from which on the socket is not read. */
const WAITING_BYTES_MAX = 1_048_576
/** Bytes of answers that the client has not taken, from which on no further request is begun. */
const UNSENT_BYTES_MAX = 4_194_304
/** The largest request of somebody who is not known yet. */
const STRANGER_BYTES_MAX = 524_288
const LENGTH_BYTES = 4

export interface ConnectionOptions {
  readonly socket: Socket
  readonly call: Pick<Call, 'broker' | 'advertised' | 'listening' | 'authentication' | 'acls'>
  /** For requests that are large. */
  readonly room: RequestRoom
  /** What somebody of that name from that host may do. */
  readonly accessOf: (user: string | null, host: string) => Access | null
  /** Called once, when nothing more can come of it. */
  readonly onClose: () => void
  /** Something went wrong that is not the client's doing. */
  readonly onError: (error: unknown) => void
}

export class Connection implements RoomHolder {
  private readonly socket: Socket
  private readonly frames: Uint8Array[] = []
  private waitingBytes = 0
  /** Room that its large requests have, and whether one waits for room. */
  private roomBytes = 0
  private awaitsRoom = false
  /** The length of the large request that comes; 0: none does. */
  private comingBytes = 0
  private readonly gone = new AbortController()
  private readonly connection: Omit<Call, 'version' | 'clientId'>
  private busy = false
  private lastActiveMs: number
  private idle: Timer | null = null
  private closed = false
  /** The client has closed its side. */
  private isHeardOut = false
  /** No more requests are begun: the connection ends when the one under way is answered. */
  private ending = false

  constructor(private readonly options: ConnectionOptions) {
    const { socket, call } = options
    const { maxRequestBytes } = call.listening
    this.socket = socket
    const clientHost = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    this.connection = {
      ...options.call,
      clientHost,
      access: () => options.accessOf(call.authentication?.user ?? null, clientHost),
      signal: this.gone.signal,
      endAfterAnswer: () => this.endWhenAnswered(),
    }
    const reader = new FrameReader(maxRequestBytes, (frame) => {
      if (call.authentication?.user === null && frame.length > STRANGER_BYTES_MAX)
        throw new KafkaliteError('INVALID_REQUEST', 'Too much from a stranger')
      this.frames.push(frame)
      this.waitingBytes += frame.length
      if (frame.length > SMALL_BYTES) this.hasCome(frame.length)
    })
    this.lastActiveMs = call.broker.cluster.clock.now()
    socket.setNoDelay(true)
    this.touch()
    socket.on('data', (chunk: Uint8Array) => this.receive(reader, chunk))
    socket.on('drain', () => this.work())
    socket.on('end', () => this.hearNoMore())
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
  }

  /** Answers what is under way, then ends; what waits is left. */
  endSoon(): void {
    this.ending = true
    if (!this.busy) this.finish()
  }

  /** The client sends nothing more, and perhaps still reads: what came is answered, and nothing is waited for any longer. */
  private hearNoMore(): void {
    this.isHeardOut = true
    this.gone.abort()
    this.work()
  }

  /** For a request that is being answered. */
  private endWhenAnswered(): void {
    this.ending = true
  }

  /** Ends now. */
  destroy(): void {
    if (this.closed) return
    this.closed = true
    this.idle?.cancel()
    this.frames.length = 0
    this.gone.abort()
    this.socket.destroy()
    if (this.comingBytes > 0 || this.roomBytes > 0) this.options.room.gone(this, this.roomBytes)
    this.options.onClose()
  }

  private receive(reader: FrameReader, chunk: Uint8Array): void {
    if (this.closed || this.ending) return
    this.lastActiveMs = this.options.call.broker.cluster.clock.now()
    try {
      reader.push(chunk)
    } catch {
      // What came before the bytes that are no request is not answered either: its sender is not what it seems.
      this.destroy()
      return
    }
    if (reader.pendingBytes > SMALL_BYTES && this.comingBytes === 0) this.enterRoom(reader.pendingBytes)
    this.work()
  }

  /** A large request has begun to come. */
  private enterRoom(bytes: number): void {
    this.comingBytes = bytes
    if (this.options.room.enter(this, bytes)) this.roomBytes += bytes
    else this.awaitsRoom = true
  }

  /** A large request came whole; one that came in a single piece needed no room while it came. */
  private hasCome(bytes: number): void {
    if (this.comingBytes !== bytes) return
    this.comingBytes = 0
    this.options.room.arrived(this)
  }

  admitted(): void {
    this.roomBytes += this.comingBytes
    this.awaitsRoom = false
    this.throttle()
  }

  overdue(): void {
    this.destroy()
  }

  private leaveRoom(frame: Uint8Array): void {
    if (frame.length <= SMALL_BYTES || this.roomBytes < frame.length) return
    this.roomBytes -= frame.length
    this.options.room.leave(frame.length)
  }

  /** Answers what waits, as long as answers come at once. */
  private work(): void {
    while (!this.busy && !this.closed && !this.ending && this.socket.writableLength < UNSENT_BYTES_MAX) {
      const frame = this.frames.shift()
      if (frame === undefined) break
      this.waitingBytes -= frame.length
      this.begin(frame)
    }
    if (this.isHeardOut && !this.busy && this.frames.length === 0) this.endSoon()
    else this.throttle()
  }

  private begin(frame: Uint8Array): void {
    try {
      const result = answer(frame, this.connection)
      if (!isPromise(result)) {
        this.leaveRoom(frame)
        this.send(result)
        return
      }
      this.busy = true
      result.then(
        (late) => this.resume(frame, () => this.send(late)),
        (error: unknown) => this.resume(frame, () => this.fail(error)),
      )
    } catch (error) {
      this.fail(error)
    }
  }

  private resume(frame: Uint8Array, step: () => void): void {
    this.busy = false
    if (this.closed) return
    this.leaveRoom(frame)
    step()
    if (this.ending) this.finish()
    else this.work()
  }

  private send(answered: Answer): void {
    if (answered === 'disconnect') this.destroy()
    if (answered === null || answered === 'disconnect') return
    const { socket } = this
    const length = new Uint8Array(LENGTH_BYTES)
    writeInt32(
      length,
      0,
      answered.reduce((sum, chunk) => sum + chunk.length, 0),
    )
    socket.cork()
    socket.write(length)
    for (const chunk of answered) socket.write(chunk)
    socket.uncork()
  }

  /** A request that cannot be read closes the connection, as in Kafka; so does one that met a bug, which is told to the broker too. */
  private fail(error: unknown): void {
    if (!KafkaliteError.is(error, 'INVALID_REQUEST', 'UNSUPPORTED_VERSION', 'CLOSED')) this.options.onError(error)
    this.destroy()
  }

  /** One timer a connection: it looks when the connection could be idle for too long at the earliest. */
  private touch(): void {
    const { broker, listening } = this.options.call
    const { clock } = broker.cluster
    this.idle = clock.setTimer(this.lastActiveMs + listening.connectionsMaxIdleMs, () => {
      if (this.busy) this.lastActiveMs = clock.now()
      if (clock.now() - this.lastActiveMs < listening.connectionsMaxIdleMs) this.touch()
      else this.destroy()
    })
  }

  private throttle(): void {
    const isFull = this.waitingBytes >= WAITING_BYTES_MAX || this.awaitsRoom
    if (isFull && !this.socket.isPaused()) this.socket.pause()
    else if (!isFull && this.socket.isPaused()) this.socket.resume()
  }

  private finish(): void {
    if (this.closed) return
    this.socket.end(() => this.destroy())
  }
}
