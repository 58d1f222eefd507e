// What a handler of one API is, and what it gets besides the request. A handler reads and answers the newest form of its messages: the
// codecs fill in what an old version lacks and drop what it cannot carry, so a handler looks at the version only where the meaning
// of a request has changed.

import type { Awaitable } from '../lib/awaitable.js'
import type { Message, Outgoing } from '../protocol/message.js'
import type { ListenerSettings } from './listen-options.js'
import type { Access, AclStore } from './access/access-control.js'
import type { Authentication } from './authentication.js'
import type { BrokerView } from './broker-view.js'

/** One request on its way. */
export interface Call {
  readonly version: number
  readonly clientId: string | null
  /** Where the client is: its address without the port. */
  readonly clientHost: string
  readonly broker: BrokerView
  /** Where this client reaches us: what the listener advertises. */
  readonly advertised: { readonly host: string; readonly port: number }
  /** The limits of the listener that the client came to. */
  readonly listening: ListenerSettings
  /** Who is at the other end; null when nobody is asked. */
  readonly authentication: Authentication | null
  /** The access rules of the broker, on a listener that has them; null: everybody may do everything. */
  readonly acls: AclStore | null
  /** What the client may do by them. */
  readonly access: () => Access | null
  /** The connection is closed when this request is answered. */
  readonly endAfterAnswer: () => void
  /** Fires when the connection is gone: whoever waits for something may stop. */
  readonly signal: AbortSignal
}

/** What a handler answers instead of a response. */
export type NoResponse = 'nothing' | 'disconnect'

export interface Handler<Q, R> {
  readonly request: Message<Q>
  readonly response: Message<R>
  /** The first and last version that is offered and answered. */
  readonly first: number
  readonly last: number
  /** The first version that is named in ApiVersions when that is lower: clients take it for a sign, and get the connection closed when they use it. */
  readonly named?: number
  /** 'nothing': the request wants no answer. 'disconnect': closing the connection is the answer. */
  handle(request: Q, call: Call): Awaitable<Outgoing<R> | NoResponse>
}

/** A handler whose messages are known by its own file only. */
export type AnyHandler = Handler<unknown, unknown>

/** Ties a handler's two messages to its function. */
export function handler<Q, R>(definition: Handler<Q, R>): AnyHandler {
  return definition as unknown as AnyHandler
}
