// The tagged section that closes every struct of a flexible version (KIP-482): fields that cost nothing while they have their default,
// and that a reader who does not know them skips. It is read within the size that each tag announces, so a field whose content is
// shorter or longer than that cannot shift what comes behind it.

import type { Read, Write } from './field-types.js'
import { malformed, type WireReader } from './wire-reader.js'
import { WireWriter } from './wire-writer.js'

/** A struct's fields by name. */
export type StructValue = Record<string, unknown>

export interface TaggedField {
  readonly name: string
  readonly tag: number
  readonly codec: { readonly read: Read; readonly write: Write }
  isDefault(value: unknown): boolean
}

/** Reads the section into `value`; unknown tags are skipped. */
export function tagReader(fields: readonly TaggedField[]): (reader: WireReader, value: StructValue) => void {
  const byTag = new Map(fields.map((field) => [field.tag, field]))
  return (reader, value) => {
    let count = reader.uvarint()
    let last = -1
    for (; count > 0; count--) {
      const tag = reader.uvarint()
      if (tag <= last) throw malformed(`tag ${tag} behind tag ${last}`, reader.at)
      last = tag
      const size = reader.uvarint()
      const field = byTag.get(tag)
      if (field === undefined) {
        reader.skip(size)
        continue
      }
      if (size > reader.remaining) throw malformed(`a tagged field of ${size} bytes with ${reader.remaining} left`, reader.at)
      const end = reader.at + size
      value[field.name] = field.codec.read(reader)
      if (reader.at !== end) throw malformed(`tagged field ${field.name} does not have the ${size} bytes it announces`, reader.at)
    }
  }
}

/** Writes the section: the fields that differ from their defaults, by ascending tag. `fields` are sorted. */
export function tagWriter(fields: readonly TaggedField[]): (writer: WireWriter, value: Readonly<StructValue>) => void {
  if (fields.length === 0) return (writer) => writer.uvarint(0)
  return (writer, value) => {
    const present = fields.filter(({ name, isDefault }) => value[name] !== undefined && !isDefault(value[name]))
    writer.uvarint(present.length)
    for (const { name, tag, codec } of present) {
      const content = new WireWriter()
      codec.write(content, value[name])
      writer.uvarint(tag)
      writer.uvarint(content.size)
      writer.raw(content.finish())
    }
  }
}
