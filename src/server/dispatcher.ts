// From a frame to the chunks of its answer: reads the header, finds the handler, decodes, calls, encodes. Versions are judged before
// anything of the body is read, as Kafka does it: what nobody offered closes the connection, except an ApiVersions request that is too
// new, which is answered in the oldest form so that the client can find out what to speak.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import { ERROR_CODES } from '../protocol/error-codes.js'
import { API_VERSIONS_KEY, readRequestRest, readRequestStart, writeResponseHeader } from '../protocol/header.js'
import { apiVersionsResponse } from '../protocol/messages/18-api-versions.js'
import { WireReader } from '../protocol/wire-reader.js'
import { WireWriter } from '../protocol/wire-writer.js'
import type { Access } from './access/access-control.js'
import type { Fields } from './access/guard.js'
import { GUARDS } from './access/guards.js'
import type { AnyHandler, Call, NoResponse } from './handler.js'
import { HANDLERS } from './handlers.js'

/** An answer in pieces, without its length; null: the request wants none; 'disconnect': the connection is to be closed. */
export type Answer = readonly Uint8Array[] | null | 'disconnect'

/** Answers the request in the frame. INVALID_REQUEST, UNSUPPORTED_VERSION: it cannot be read, so the connection is of no more use. */
export function answer(frame: Uint8Array, connection: Omit<Call, 'version' | 'clientId'>): Awaitable<Answer> {
  const reader = new WireReader(frame)
  const { apiKey, apiVersion: version, correlationId } = readRequestStart(reader)
  const handler = HANDLERS.get(apiKey)
  if (connection.authentication?.admits(apiKey) === false) return 'disconnect'
  if (handler === undefined) throw new KafkaliteError('UNSUPPORTED_VERSION', `Requests with key ${apiKey} are not answered here`)
  if (version < handler.first || version > handler.last) {
    if (apiKey === API_VERSIONS_KEY) return olderVersionsPlease(handler, correlationId)
    throw new KafkaliteError(
      'UNSUPPORTED_VERSION',
      `${handler.request.name} has versions ${handler.first} to ${handler.last} here, not ${version}`,
    )
  }
  const clientId = readRequestRest(reader, handler.request.isFlexible(version))
  const request = handler.request.read(reader, version)
  const encode = (response: unknown): Answer => {
    if (response === 'nothing') return null
    return response === 'disconnect' ? 'disconnect' : encodeResponse(handler, response, correlationId, version)
  }
  try {
    const call = { ...connection, version, clientId }
    const access = call.access()
    const result = access === null ? handler.handle(request, call) : guarded(handler, request as Fields, access, call)
    return isPromise(result)
      ? result.then(encode).then(undefined, (error: unknown) => unanswerable(handler, version, error))
      : encode(result)
  } catch (error) {
    return unanswerable(handler, version, error)
  }
}

/** Asks the handler for what the client may have. */
async function guarded(handler: AnyHandler, request: Fields, access: Access, call: Call): Promise<unknown> {
  const guard = GUARDS[handler.request.key]
  if (guard === undefined) return 'disconnect'
  const { request: left, answer: refused, finish } = await guard(request, access, call)
  if (refused !== undefined) return refused
  const response = (await handler.handle(left, call)) as Fields | NoResponse
  return finish === undefined ? response : finish(response)
}

/** A handler puts what goes wrong into its answer; what it lets through is a bug, or the broker was closed. */
function unanswerable(handler: AnyHandler, version: number, cause: unknown): never {
  if (KafkaliteError.is(cause, 'CLOSED')) throw cause
  throw new KafkaliteError('INVALID_STATE', `A ${handler.request.name} of version ${version} could not be answered`, { cause })
}

function encodeResponse(handler: AnyHandler, response: unknown, correlationId: number, version: number): readonly Uint8Array[] {
  const writer = new WireWriter()
  writeResponseHeader(writer, correlationId, handler.response, version)
  handler.response.write(writer, response as object, version)
  return writer.finish()
}

function olderVersionsPlease(handler: AnyHandler, correlationId: number): readonly Uint8Array[] {
  const writer = new WireWriter()
  writeResponseHeader(writer, correlationId, apiVersionsResponse, 0)
  const ours = { apiKey: API_VERSIONS_KEY, minVersion: handler.first, maxVersion: handler.last }
  apiVersionsResponse.write(writer, { errorCode: ERROR_CODES.UNSUPPORTED_VERSION, apiKeys: [ours] }, 0)
  return writer.finish()
}
