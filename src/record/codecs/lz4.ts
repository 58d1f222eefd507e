// LZ4 in frames, as all of Kafka's clients send it. Frames are written with blocks of 64 KiB that do not depend on each other and
// without checksums of the contents, as Kafka's own client does; the batch has a checksum already.
// The formats: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md

import { xxhash32 } from '../../lib/xxhash32.js'
import type { Codec } from '../compression.js'
import { copyLiterals, findMatches } from './match-finder.js'
import { UnpackedBytes } from './unpacked-bytes.js'

const MAGIC = 0x184d_2204
/** Sixteen magics of frames that readers pass over. */
const SKIPPABLE_MAGIC = 0x184d_2a50
const FLAGS = { version: 0x40, independent: 0x20, blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 }
const STORED_BIT = 0x8000_0000
const BLOCK_SIZES: readonly (number | undefined)[] = [undefined, undefined, undefined, undefined, 65_536, 262_144, 1_048_576, 4_194_304]
const BLOCK_BYTES = 65_536
const BLOCK_SIZE_CODE = 4 << 4
/** The last five bytes of a block are literals, and its last match begins twelve bytes before the end. */
const LAST_LITERALS = 5
const LAST_MATCH = 12
const MATCH_MIN = 4

export const lz4: Required<Codec> = { compress, decompress }

function word(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw new RangeError('The frame ends before its contents do')
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

function decompress(bytes: Uint8Array): Uint8Array {
  const unpacked = new UnpackedBytes(bytes.length * 4)
  let at = 0
  do {
    const magic = word(bytes, at)
    if (magic === MAGIC) at = unpackFrame(bytes, at + 4, unpacked)
    else if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) at += 8 + word(bytes, at + 4)
    else throw new RangeError(`A frame begins with ${magic.toString(16)}`)
  } while (at < bytes.length)
  if (at > bytes.length) throw new RangeError('The frame ends before its contents do')
  return unpacked.bytes
}

/** Unpacks the frame behind its magic and answers where it ends. */
function unpackFrame(bytes: Uint8Array, start: number, unpacked: UnpackedBytes): number {
  const flags = bytes[start] ?? 0
  if ((flags & 0xc0) !== FLAGS.version) throw new RangeError(`A frame has version ${flags >>> 6}`)
  if ((flags & FLAGS.dictionary) !== 0) throw new RangeError('A frame wants a dictionary')
  const blockMax = BLOCK_SIZES[((bytes[start + 1] ?? 0) >>> 4) & 7]
  if (blockMax === undefined) throw new RangeError('A frame has blocks of a size that does not exist')
  let at = start + 2 + ((flags & FLAGS.contentSize) !== 0 ? 8 : 0)
  if (bytes[at] !== ((xxhash32(bytes, start, at) >>> 8) & 0xff)) throw new RangeError('The header of a frame does not match its checksum')
  at++
  const frameStart = unpacked.length
  for (;;) {
    const size = word(bytes, at)
    at += 4
    if (size === 0) break
    const isStored = size >= STORED_BIT
    const end = at + (isStored ? size - STORED_BIT : size)
    if (end > bytes.length || end - at > blockMax) throw new RangeError('A block is longer than it may be')
    const blockStart = unpacked.length
    if (isStored) unpacked.append(bytes, at, end)
    else unpackBlock(bytes, at, end, unpacked, (flags & FLAGS.independent) !== 0 ? blockStart : frameStart)
    if (unpacked.length - blockStart > blockMax) throw new RangeError('A block unpacks to more than it may')
    at = end
    if ((flags & FLAGS.blockChecksum) === 0) continue
    if (xxhash32(bytes, at - (isStored ? size - STORED_BIT : size), at) !== word(bytes, at))
      throw new RangeError('A block does not match its checksum')
    at += 4
  }
  if ((flags & FLAGS.contentChecksum) === 0) return at
  if (xxhash32(unpacked.bytes, frameStart) !== word(bytes, at)) throw new RangeError('The contents do not match their checksum')
  return at + 4
}

function unpackBlock(bytes: Uint8Array, start: number, end: number, unpacked: UnpackedBytes, oldest: number): void {
  let at = start
  /** A length of fifteen goes on in the bytes that follow, up to one that is not 255. */
  const length = (first: number): number => {
    let sum = first
    if (first !== 15) return sum
    for (;;) {
      const byte = at < end ? bytes[at]! : 0
      at++
      sum += byte
      if (byte !== 255) return sum
    }
  }
  while (at < end) {
    const token = bytes[at++]!
    const literals = length(token >>> 4)
    if (at + literals > end) throw new RangeError('A block ends before its contents do')
    unpacked.append(bytes, at, at + literals)
    at += literals
    if (at === end) return
    if (at + 2 > end) throw new RangeError('A block ends before its contents do')
    const distance = bytes[at]! | (bytes[at + 1]! << 8)
    at += 2
    const count = length(token & 15) + MATCH_MIN
    unpacked.repeat(distance, count, oldest)
  }
}

function compress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES)
  const packed = new Uint8Array(7 + 4 + bytes.length + blocks * 4)
  let to = putWord(packed, 0, MAGIC)
  packed[to] = FLAGS.version | FLAGS.independent
  packed[to + 1] = BLOCK_SIZE_CODE
  packed[to + 2] = (xxhash32(packed, to, to + 2) >>> 8) & 0xff
  to += 3
  const scratch = new Uint8Array(BLOCK_BYTES + Math.ceil(BLOCK_BYTES / 255) + 16)
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length)
    const size = packBlock(bytes, start, end, scratch)
    const isStored = size >= end - start
    to = putWord(packed, to, isStored ? STORED_BIT + end - start : size)
    packed.set(isStored ? bytes.subarray(start, end) : scratch.subarray(0, size), to)
    to += isStored ? end - start : size
  }
  return packed.slice(0, putWord(packed, to, 0))
}

function putWord(bytes: Uint8Array, at: number, value: number): number {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i)
  return at + 4
}

/** Packs a block into `packed` and answers how many bytes it takes there. */
function packBlock(bytes: Uint8Array, start: number, end: number, packed: Uint8Array): number {
  let to = 0
  const putLength = (length: number): void => {
    let rest = length - 15
    for (; rest >= 255; rest -= 255) packed[to++] = 255
    if (rest >= 0) packed[to++] = rest
  }
  const sequence = (literals: number, at: number, match: number): void => {
    const count = at - literals
    packed[to++] = (Math.min(count, 15) << 4) | Math.min(match, 15)
    putLength(count)
    to = copyLiterals(bytes, literals, at, packed, to)
  }
  const rest = findMatches(bytes, start, end - LAST_MATCH, end - LAST_LITERALS, (literals, at, distance, length) => {
    sequence(literals, at, length - MATCH_MIN)
    packed[to++] = distance & 0xff
    packed[to++] = distance >>> 8
    putLength(length - MATCH_MIN)
  })
  sequence(rest, end, 0)
  return to
}
