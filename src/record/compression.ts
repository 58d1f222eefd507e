// Which compression codecs there are here. The record layer itself knows none: an entry file registers our own (own-codecs.ts) and what
// its platform has (node-gzip.ts, node-zstd.ts), and a user may register others. Kafka's clients and tools read what a codec of the same
// name wrote.

import { KafkaliteError } from '../errors.js'
import type { Compression } from './format.js'

/** Turns the records of a batch into a smaller block and back. Synchronous: a batch is small and is packed in one go. */
export interface Codec {
  /** Packs the records of a batch. Left out by a codec that only unpacks. */
  compress?(bytes: Uint8Array): Uint8Array
  /** Throws when the bytes are damaged, or unpack to more than `UNPACKED_BYTES_MAX`. */
  decompress(bytes: Uint8Array): Uint8Array
}

/** A block that unpacks to more than this is an attack or damage: no batch gets near it. Bytes. */
export const UNPACKED_BYTES_MAX = 256 * 1024 * 1024

const codecs = new Map<Compression, Codec>()

/** Makes a codec available; one of the same name is replaced. */
export function registerCodec(name: Exclude<Compression, 'none'>, codec: Codec): void {
  codecs.set(name, codec)
}

/** The codec of that name. `UNSUPPORTED_COMPRESSION_TYPE` when there is none here. */
export function codecFor(name: Compression | undefined): Codec {
  const codec = name === undefined ? undefined : codecs.get(name)
  if (codec !== undefined) return codec
  const known = ['none', ...codecs.keys()].join(', ')
  throw new KafkaliteError(
    'UNSUPPORTED_COMPRESSION_TYPE',
    name === undefined
      ? `The batch names a codec that does not exist; known are ${known}.`
      : `No codec for ${name} here; known are ${known}.`,
  )
}

/** Whether batches can be packed with it here; what cannot may still be read. */
export function canCompress(name: Compression): boolean {
  return name === 'none' || codecs.get(name)?.compress !== undefined
}

/** Packs the records of a batch. `UNSUPPORTED_COMPRESSION_TYPE` when there is no codec for that here. */
export function compress(name: Exclude<Compression, 'none'>, bytes: Uint8Array): Uint8Array {
  checkCompress(name)
  return codecFor(name).compress?.(bytes) ?? bytes
}

/** UNSUPPORTED_COMPRESSION_TYPE unless batches can be packed with it here. */
export function checkCompress(name: Compression): void {
  if (canCompress(name)) return
  codecFor(name)
  const cure = name === 'zstd' ? 'Node packs with zstd from 22.15 on; before, registerCodec() takes one' : 'registerCodec() takes one'
  throw new KafkaliteError('UNSUPPORTED_COMPRESSION_TYPE', `The codec for ${name} here only unpacks. ${cure}.`)
}

/** Unpacks a block from outside. `CORRUPT_MESSAGE` when the codec refuses it. */
export function decompress(name: Compression | undefined, block: Uint8Array): Uint8Array {
  const codec = codecFor(name)
  let unpacked: Uint8Array
  try {
    unpacked = codec.decompress(block)
  } catch (cause) {
    throw new KafkaliteError('CORRUPT_MESSAGE', `A batch says that its records are compressed with ${name}, but they do not unpack.`, {
      cause,
    })
  }
  // A codec of a user may not watch the size itself.
  if (unpacked.length <= UNPACKED_BYTES_MAX) return unpacked
  throw new KafkaliteError('CORRUPT_MESSAGE', `A batch unpacks to ${unpacked.length} bytes, more than the ${UNPACKED_BYTES_MAX} allowed.`)
}
