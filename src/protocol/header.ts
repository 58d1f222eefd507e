// What stands before the message in a frame. Which form it has follows from the message: flexible versions have a tagged section in
// the header too, except that an ApiVersions response never has one, because its reader cannot know yet what the broker speaks.

import type { Message } from './message.js'
import { tagReader, tagWriter } from './tagged-fields.js'
import type { WireReader } from './wire-reader.js'
import type { WireWriter } from './wire-writer.js'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** The client's number of the request, given back with the answer. */
  readonly correlationId: number
  readonly clientId: string | null
}

export const API_VERSIONS_KEY = 18

const readTags = tagReader([])
const writeTags = tagWriter([])

/** The part that every request has, whatever its key: enough to find out whether the rest can be read. */
export function readRequestStart(reader: WireReader): Omit<RequestHeader, 'clientId'> {
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() }
}

/** The rest of the header. The length of clientId is never compact. */
export function readRequestRest(reader: WireReader, flexible: boolean): string | null {
  const length = reader.stringLength(false)
  const clientId = length < 0 ? null : reader.text(length)
  if (flexible) readTags(reader, {})
  return clientId
}

export function writeRequestHeader(writer: WireWriter, header: RequestHeader, flexible: boolean): void {
  writer.int16(header.apiKey)
  writer.int16(header.apiVersion)
  writer.int32(header.correlationId)
  if (header.clientId === null) writer.int16(-1)
  else writer.string(header.clientId, false)
  if (flexible) writeTags(writer, {})
}

/** Answers the correlation id. */
export function readResponseHeader(reader: WireReader, response: Message<unknown>, version: number): number {
  const correlationId = reader.int32()
  if (hasTags(response, version)) readTags(reader, {})
  return correlationId
}

export function writeResponseHeader(writer: WireWriter, correlationId: number, response: Message<unknown>, version: number): void {
  writer.int32(correlationId)
  if (hasTags(response, version)) writeTags(writer, {})
}

function hasTags(response: Message<unknown>, version: number): boolean {
  return response.key !== API_VERSIONS_KEY && response.isFlexible(version)
}
