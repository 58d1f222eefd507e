// Snappy, in both forms that Kafka's clients send: one raw block (librdkafka, Go), and the framing of the Java library xerial, which is
// a header and then blocks with their lengths. Raw blocks are written, which all of them read.
// The format: https://github.com/google/snappy/blob/main/format_description.txt

import type { Codec } from '../compression.js'
import { copyLiterals, findMatches } from './match-finder.js'
import { UnpackedBytes } from './unpacked-bytes.js'

/** 0x82, SNAPPY, 0; two numbers of four bytes follow: the version and the oldest version that reads it. */
const XERIAL_MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
const XERIAL_HEADER_BYTES = 16
/** Three bytes say at most 64; what claims to be more than that is no block. */
const RATIO_MAX = 22
const PIECE_BYTES = 65_536
const COPY_MAX = 64

export const snappy: Required<Codec> = { compress, decompress }

function decompress(block: Uint8Array): Uint8Array {
  if (!isXerial(block, 0)) return unpackRaw(block, 0, block.length, new UnpackedBytes(lengthOf(block, 0, block.length).length)).bytes
  const unpacked = new UnpackedBytes()
  let at = 0
  while (at < block.length) {
    if (isXerial(block, at)) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    const end = at + 4 + ((block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!)
    if (!(end >= at + 4 && end <= block.length)) throw new RangeError('A part of the block is longer than the block')
    unpackRaw(block, at + 4, end, unpacked)
    at = end
  }
  return unpacked.bytes
}

function isXerial(block: Uint8Array, at: number): boolean {
  return block.length - at >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.every((byte, index) => block[at + index] === byte)
}

/** The length that stands at the beginning, and where the data begins. */
function lengthOf(block: Uint8Array, start: number, end: number): { readonly length: number; readonly at: number } {
  let length = 0
  for (let at = start, factor = 1; at < end && at < start + 5; at++, factor *= 128) {
    const byte = block[at]!
    length += (byte & 0x7f) * factor
    if (byte >= 0x80) continue
    if (length > (end - start) * RATIO_MAX) throw new RangeError(`${end - start} bytes cannot unpack to ${length}`)
    return { length, at: at + 1 }
  }
  throw new RangeError('The block does not say how long it is')
}

function unpackRaw(block: Uint8Array, start: number, end: number, unpacked: UnpackedBytes): UnpackedBytes {
  const { length, at: first } = lengthOf(block, start, end)
  const oldest = unpacked.length
  let at = first
  while (at < end) {
    const tag = block[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let count = tag >>> 2
      if (count >= 60) {
        const bytes = count - 59
        count = 0
        for (let i = bytes - 1; i >= 0; i--) count = count * 256 + (block[at + i] ?? 0)
        at += bytes
      }
      if (at + count + 1 > end) throw new RangeError('The block ends before its contents do')
      unpacked.append(block, at, at + count + 1)
      at += count + 1
    } else {
      const count = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2)
      const bytes = kind === 1 ? 1 : kind === 2 ? 2 : 4
      let distance = kind === 1 ? tag >>> 5 : 0
      if (at + bytes > end) throw new RangeError('The block ends before its contents do')
      if (kind === 1) distance = (distance << 8) | block[at]!
      else for (let i = bytes - 1; i >= 0; i--) distance = distance * 256 + block[at + i]!
      at += bytes
      unpacked.repeat(distance, count, oldest)
    }
    if (unpacked.length - oldest > length) break
  }
  if (unpacked.length - oldest !== length) throw new RangeError(`The block says that it unpacks to ${length} bytes, and does not`)
  return unpacked
}

function compress(bytes: Uint8Array): Uint8Array {
  // A length, and at worst one more byte in each sixty; the margin is that of Google's own library.
  const packed = new Uint8Array(32 + bytes.length + Math.ceil(bytes.length / 6))
  let to = 0
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    packed[to++] = rest >= 128 ? (rest % 128) | 0x80 : rest
    if (rest < 128) break
  }
  const literal = (start: number, end: number): void => {
    const count = end - start - 1
    if (count < 0) return
    if (count < 60) packed[to++] = count << 2
    else {
      packed[to++] = (count < 256 ? 60 : 61) << 2
      packed[to++] = count & 0xff
      if (count >= 256) packed[to++] = count >>> 8
    }
    to = copyLiterals(bytes, start, end, packed, to)
  }
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, bytes.length)
    const rest = findMatches(bytes, start, end - 4, end, (literals, at, distance, length) => {
      literal(literals, at)
      for (let left = length; left > 0; ) {
        const count = Math.min(left, COPY_MAX)
        packed[to++] = ((count - 1) << 2) | 2
        packed[to++] = distance & 0xff
        packed[to++] = distance >>> 8
        left -= count
      }
    })
    literal(rest, end)
  }
  return packed.slice(0, to)
}
