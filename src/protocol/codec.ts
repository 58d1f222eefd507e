// Makes the reader and the writer of one message in one version out of its fields: a tree of closures, built when the version is used
// for the first time. What depends on the version (is the field there, may it be null, are lengths compact, is it tagged) is decided
// while building, so that reading and writing walk no schema.

import { KafkaliteError } from '../errors.js'
import { assert } from '../lib/assert.js'
import { defaultOf, FIXED_TYPES, NO_ELEMENTS, type Read, type Write } from './field-types.js'
import { type Field, isWithin } from './schema.js'
import { malformed } from './wire-reader.js'
import { type StructValue, type TaggedField, tagReader, tagWriter } from './tagged-fields.js'
import type { Bytes } from './wire-writer.js'

/** Reads and writes one thing in one version. */
export interface Codec {
  readonly read: Read
  readonly write: Write
  /** The fewest bytes that it takes. */
  readonly bytesMin: number
}

interface Context {
  readonly version: number
  /** Compact lengths, and tags at the end of each struct. */
  readonly flexible: boolean
}

/** A field as the structs need it: where it goes, what it is when absent. */
interface Member {
  readonly name: string
  readonly codec: Codec
  readonly absent: unknown
}

/** Reader and writer of the struct with these fields. */
export function structCodec(fields: readonly Field[], version: number, flexible: boolean): Codec {
  const context = { version, flexible }
  const template: StructValue = {}
  const members: Member[] = []
  const tagged: TaggedField[] = []
  const missing: Field[] = []
  for (const field of fields) {
    const absent = absentValue(field)
    template[field.name] = absent
    if (!isWithin(field.versions, version)) missing.push(field)
    else if (isWithin(field.tagged, version))
      tagged.push({ name: field.name, tag: field.tag, codec: valueCodec(field, context), isDefault: (value) => isDefault(field, value) })
    else members.push({ name: field.name, codec: valueCodec(field, context), absent })
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const tags = flexible ? 1 : 0
  const bytesMin = members.reduce((sum, { codec }) => sum + codec.bytesMin, tags)
  return {
    read: structReader(template, members, flexible ? tagged : null),
    write: structWriter(members, missing, flexible ? tagged : null, version),
    bytesMin,
  }
}

function structReader(template: StructValue, members: readonly Member[], tagged: readonly TaggedField[] | null): Read {
  const names = members.map(({ name }) => name)
  const reads = members.map(({ codec }) => codec.read)
  const count = names.length
  const readTags = tagged === null ? null : tagReader(tagged)
  return (reader) => {
    const value: StructValue = { ...template }
    for (let i = 0; i < count; i++) value[names[i] as string] = (reads[i] as Read)(reader)
    readTags?.(reader, value)
    return value
  }
}

function structWriter(
  members: readonly Member[],
  missing: readonly Field[],
  tagged: readonly TaggedField[] | null,
  version: number,
): Write {
  const strict = missing.filter(({ ignorable }) => !ignorable)
  const writeTags = tagged === null ? null : tagWriter(tagged)
  return (writer, struct) => {
    const value = struct as Readonly<StructValue>
    for (const field of strict) {
      if (value[field.name] !== undefined && !isDefault(field, value[field.name])) throw unsupported(field, version)
    }
    for (const { name, codec, absent } of members) {
      const given = value[name]
      codec.write(writer, given === undefined ? absent : given)
    }
    writeTags?.(writer, value)
  }
}

/** Of a field as the version has it: array or single, null or not. */
function valueCodec(field: Field, context: Context): Codec {
  const nullable = isWithin(field.nullable, context.version)
  if (field.isArray) return arrayCodec(field, elementCodec(field, context), context.flexible, nullable)
  if (field.type !== 'struct') return sizedCodec(field, context.flexible, nullable) ?? elementCodec(field, context)
  const struct = structCodec(field.fields, context.version, context.flexible)
  return nullable ? nullableStruct(struct) : { ...struct, write: (writer, value) => struct.write(writer, required(field, value)) }
}

function elementCodec(field: Field, context: Context): Codec {
  if (field.type === 'struct') return structCodec(field.fields, context.version, context.flexible)
  const fixed = FIXED_TYPES[field.type]
  const sized = fixed === undefined ? sizedCodec(field, context.flexible, false) : undefined
  if (sized !== undefined) return sized
  assert(fixed !== undefined, `"${field.type}" is a type of the protocol`)
  return { read: fixed.read, write: fixed.write, bytesMin: fixed.bytes }
}

/** Strings and bytes: a length and what follows. */
function sizedCodec(field: Field, compact: boolean, nullable: boolean): Codec | undefined {
  if (field.type === 'string') {
    return {
      read: (reader) => {
        const length = reader.stringLength(compact)
        return length < 0 ? readNull(field, nullable, reader.at) : reader.text(length)
      },
      write: (writer, value) => {
        if (value !== null) writer.string(value as string, compact)
        else if (!nullable) throw notNullable(field)
        else if (compact) writer.uvarint(0)
        else writer.int16(-1)
      },
      bytesMin: compact ? 1 : 2,
    }
  }
  if (field.type !== 'bytes' && field.type !== 'records') return undefined
  return {
    read: (reader) => {
      const length = reader.bytesLength(compact)
      return length < 0 ? readNull(field, nullable, reader.at) : reader.view(length)
    },
    write: (writer, value) => {
      if (value !== null) writer.bytes(value as Bytes, compact)
      else if (nullable) writer.length(-1, compact)
      else throw notNullable(field)
    },
    bytesMin: compact ? 1 : 4,
  }
}

function arrayCodec(field: Field, element: Codec, compact: boolean, nullable: boolean): Codec {
  const elementBytes = Math.max(element.bytesMin, 1)
  return {
    read: (reader) => {
      const length = reader.arrayLength(compact, elementBytes)
      if (length < 0) return readNull(field, nullable, reader.at)
      if (length === 0) return NO_ELEMENTS
      const values: unknown[] = []
      for (let i = 0; i < length; i++) values.push(element.read(reader))
      return values
    },
    write: (writer, value) => {
      if (value === null) {
        if (!nullable) throw notNullable(field)
        writer.length(-1, compact)
        return
      }
      const values = value as readonly unknown[]
      writer.length(values.length, compact)
      for (const each of values) element.write(writer, each)
    },
    bytesMin: compact ? 1 : 4,
  }
}

/** A struct that may be null has a byte of its own in front. */
function nullableStruct(struct: Codec): Codec {
  return {
    read: (reader) => (reader.int8() < 0 ? null : struct.read(reader)),
    write: (writer, value) => {
      writer.int8(value === null ? -1 : 1)
      if (value !== null) struct.write(writer, value)
    },
    bytesMin: 1,
  }
}

/** What a field is that nobody has set. */
function absentValue(field: Field): unknown {
  if (field.defaultText === 'null') return null
  if (field.isArray) return NO_ELEMENTS
  if (field.type !== 'struct') return defaultOf(field.type, field.defaultText)
  return Object.freeze(Object.fromEntries(field.fields.map((member) => [member.name, absentValue(member)])))
}

function isDefault(field: Field, value: unknown): boolean {
  if (value === null || field.defaultText === 'null') return value === absentValue(field)
  if (field.isArray || field.type === 'bytes') return (value as { readonly length: number }).length === 0
  if (field.type !== 'struct') return value === absentValue(field)
  const struct = value as Readonly<StructValue>
  return field.fields.every((member) => struct[member.name] === undefined || isDefault(member, struct[member.name]))
}

function readNull(field: Field, nullable: boolean, at: number): null {
  if (nullable) return null
  throw malformed(`${field.name} is null`, at)
}

function required(field: Field, value: unknown): unknown {
  if (value === null) throw notNullable(field)
  return value
}

function notNullable(field: Field): KafkaliteError {
  return new KafkaliteError('UNSUPPORTED_VERSION', `The field ${field.name} cannot be null in this version of the message`)
}

function unsupported(field: Field, version: number): KafkaliteError {
  return new KafkaliteError(
    'UNSUPPORTED_VERSION',
    `The field ${field.name} has a value that version ${version} of the message cannot carry`,
  )
}
