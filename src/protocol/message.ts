// One message of the protocol, request or response: its name, key and versions, and the way from bytes to a value and back. The
// notation is read and a version compiled when they are first used; a message that nobody sends costs a string.

import { KafkaliteError } from '../errors.js'
import { type Codec, structCodec } from './codec.js'
import { type Field, isWithin, parseFields, parseRange, type VersionRange } from './schema.js'
import type { WireReader } from './wire-reader.js'
import { type Bytes, WireWriter } from './wire-writer.js'

/** A message as it is written: what is left out has its default, bytes may come in pieces. */
export type Outgoing<T> = T extends Uint8Array
  ? Bytes
  : T extends readonly (infer E)[]
    ? readonly Outgoing<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Outgoing<T[K]> | undefined }
      : T

export class Message<T> {
  /** The versions that exist. */
  readonly versions: VersionRange
  /** The versions with compact lengths and tagged fields. */
  private readonly flexible: VersionRange
  private fields: readonly Field[] | undefined
  private readonly codecs: (Codec | undefined)[] = []

  constructor(
    readonly name: string,
    /** The number of the API; a response has that of its request. */
    readonly key: number,
    versions: string,
    flexible: string,
    private readonly notation: string,
  ) {
    this.versions = parseRange(versions)
    this.flexible = parseRange(flexible)
  }

  isFlexible(version: number): boolean {
    return isWithin(this.flexible, version)
  }

  /** Reads the message from where the reader stands. INVALID_REQUEST, UNSUPPORTED_VERSION. */
  read(reader: WireReader, version: number): T {
    return this.codec(version).read(reader) as T
  }

  /** Writes the message. UNSUPPORTED_VERSION when the version lacks a field that is set, INVALID_ARGUMENT for a value no field takes. */
  write(writer: WireWriter, value: Outgoing<T>, version: number): void {
    this.codec(version).write(writer, value)
  }

  /** The message alone, in pieces. */
  encode(value: Outgoing<T>, version: number): readonly Uint8Array[] {
    const writer = new WireWriter()
    this.write(writer, value, version)
    return writer.finish()
  }

  private codec(version: number): Codec {
    const known = this.codecs[version]
    if (known !== undefined) return known
    if (!isWithin(this.versions, version)) {
      const { first, last } = this.versions
      throw new KafkaliteError('UNSUPPORTED_VERSION', `${this.name} has versions ${first} to ${last}, not ${version}`)
    }
    this.fields ??= parseFields(this.notation)
    const made = structCodec(this.fields, version, this.isFlexible(version))
    this.codecs[version] = made
    return made
  }
}
