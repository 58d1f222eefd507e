// The primitive types of the protocol: how each is read and written, how few bytes it can take, and what it is when nothing is said.
// A number that its type cannot hold is refused instead of wrapped, because on the wire it would be another number.

import { KafkaliteError, describe } from '../errors.js'
import type { WireReader } from './wire-reader.js'
import type { WireWriter } from './wire-writer.js'
import { ZERO_UUID } from './uuid.js'

export type Read = (reader: WireReader) => unknown
export type Write = (writer: WireWriter, value: unknown) => void

export interface FixedType {
  readonly read: Read
  readonly write: Write
  readonly bytes: number
}

/** Types of a fixed size; strings, bytes, arrays and structs are made of them in codec.ts. */
export const FIXED_TYPES: Readonly<Record<string, FixedType>> = {
  bool: { read: (reader) => reader.bool(), write: (writer, value) => writer.bool(value === true), bytes: 1 },
  int8: { read: (reader) => reader.int8(), write: (writer, value) => writer.int8(whole(value, -128, 127)), bytes: 1 },
  int16: { read: (reader) => reader.int16(), write: (writer, value) => writer.int16(whole(value, -32_768, 32_767)), bytes: 2 },
  uint16: { read: (reader) => reader.uint16(), write: (writer, value) => writer.int16(whole(value, 0, 65_535)), bytes: 2 },
  int32: { read: (reader) => reader.int32(), write: (writer, value) => writer.int32(int32(value)), bytes: 4 },
  int64: { read: (reader) => reader.int64(), write: (writer, value) => writer.int64(int64(value)), bytes: 8 },
  float64: { read: (reader) => reader.float64(), write: (writer, value) => writer.float64(Number(value)), bytes: 8 },
  uuid: { read: (reader) => reader.uuid(), write: (writer, value) => writer.uuid(String(value)), bytes: 16 },
}

export const NO_BYTES = new Uint8Array(0)
export const NO_ELEMENTS: readonly never[] = Object.freeze([])

/** The default of a primitive type, written as `text` ('' when nothing is written). */
export function defaultOf(type: string, text: string): unknown {
  // The records of a partition that were never set are none at all, unlike bytes that were never set.
  if (text === 'null' || type === 'records') return null
  if (type === 'string') return text
  if (type === 'bytes') return NO_BYTES
  if (type === 'uuid') return ZERO_UUID
  return type === 'bool' ? text === 'true' : Number(text)
}

function whole(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) throw outOfRange(value, min, max)
  return value
}

function int32(value: unknown): number {
  const number = value as number
  return number === (number | 0) ? number : whole(value, -2_147_483_648, 2_147_483_647)
}

function int64(value: unknown): number {
  return whole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
}

function outOfRange(value: unknown, min: number, max: number): KafkaliteError {
  return new KafkaliteError('INVALID_ARGUMENT', `A field of a message takes a whole number from ${min} to ${max}, not ${describe(value)}`)
}
