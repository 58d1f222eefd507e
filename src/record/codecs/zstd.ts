// Reads Zstandard, for platforms that have none of their own (browsers, Node before 22.15). It is not written here.
// A frame is blocks of at most 128 KiB: stored, one byte repeated, or literals and sequences, each "so many literals, then so many bytes
// again from so far back". Dictionaries are not known to Kafka; the checksum of the contents is passed over, for the batch has one.
// The format: RFC 8878.

import type { Codec } from '../compression.js'
import { UnpackedBytes } from './unpacked-bytes.js'
import { BackwardBits, constantTable, type FseTable, fseTable, type HuffmanTable, readFseTable, readHuffmanTable } from './zstd-entropy.js'

const MAGIC = 0xfd2f_b528
const SKIPPABLE_MAGIC = 0x184d_2a50
const BLOCK_BYTES_MAX = 131_072
/** What is remembered from block to block in a frame. */
interface FrameState {
  huffman: HuffmanTable | null
  readonly tables: [FseTable | null, FseTable | null, FseTable | null]
  readonly offsets: [number, number, number]
  readonly start: number
}

/** A code of lengths or offsets: what each of its symbols begins at and how many bits come on top. */
interface SequenceCode {
  readonly symbolMax: number
  readonly accuracyMax: number
  readonly standard: FseTable
}

const ones = (count: number, value = 1): number[] => new Array<number>(count).fill(value)
const LITERALS: SequenceCode = {
  symbolMax: 35,
  accuracyMax: 9,
  standard: fseTable([4, 3, ...ones(11, 2), 1, 1, 1, ...ones(9, 2), 3, 2, ...ones(5), ...ones(4, -1)], 6),
}
const OFFSETS: SequenceCode = {
  symbolMax: 31,
  accuracyMax: 8,
  standard: fseTable([...ones(6), 2, 2, 2, ...ones(15), ...ones(5, -1)], 5),
}
const MATCHES: SequenceCode = {
  symbolMax: 52,
  accuracyMax: 9,
  standard: fseTable([1, 4, 3, ...ones(6, 2), ...ones(37), ...ones(7, -1)], 6),
}
const LITERAL_BITS = [...ones(16, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const MATCH_BITS = [...ones(32, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const LITERAL_BASES = basesOf(LITERAL_BITS, 0)
const MATCH_BASES = basesOf(MATCH_BITS, 3)

/** Each symbol begins where the one before it ends. */
function basesOf(bits: readonly number[], first: number): readonly number[] {
  let next = first
  return bits.map((count) => {
    const base = next
    next += 2 ** count
    return base
  })
}

export const zstd: Codec = { decompress }

function little(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw new RangeError('The frame ends before its contents do')
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

function decompress(bytes: Uint8Array): Uint8Array {
  const unpacked = new UnpackedBytes(bytes.length * 4)
  let at = 0
  do {
    const magic = little(bytes, at, 4)
    if (magic === MAGIC) at = unpackFrame(bytes, at + 4, unpacked)
    else if (magic - (magic % 16) === SKIPPABLE_MAGIC) at += 8 + little(bytes, at + 4, 4)
    else throw new RangeError(`A frame begins with ${magic.toString(16)}`)
  } while (at < bytes.length)
  if (at > bytes.length) throw new RangeError('The frame ends before its contents do')
  return unpacked.bytes
}

/** Unpacks the frame behind its magic and answers where it ends. */
function unpackFrame(bytes: Uint8Array, start: number, unpacked: UnpackedBytes): number {
  const head = little(bytes, start, 1)
  const isSingle = (head & 0x20) !== 0
  if ((head & 0x08) !== 0) throw new RangeError('A frame is of a version that is not known')
  let at = start + (isSingle ? 1 : 2)
  const dictionaryBytes = [0, 1, 2, 4][head & 3]!
  if (little(bytes, at, dictionaryBytes) !== 0) throw new RangeError('A frame wants a dictionary')
  at += dictionaryBytes
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][head >>> 6]!
  const size = sizeBytes === 0 ? null : little(bytes, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  at += sizeBytes
  const state: FrameState = { huffman: null, tables: [null, null, null], offsets: [1, 4, 8], start: unpacked.length }
  for (let isLast = false; !isLast; ) {
    const block = little(bytes, at, 3)
    isLast = (block & 1) === 1
    at = unpackBlock(bytes, at + 3, (block >>> 1) & 3, block >>> 3, unpacked, state)
  }
  if (size !== null && unpacked.length - state.start !== size) throw new RangeError(`A frame says that it has ${size} bytes, and has not`)
  if ((head & 0x04) === 0) return at
  return at + 4
}

function unpackBlock(bytes: Uint8Array, at: number, type: number, size: number, unpacked: UnpackedBytes, state: FrameState): number {
  if (size > BLOCK_BYTES_MAX) throw new RangeError(`A block has ${size} bytes, more than ${BLOCK_BYTES_MAX}`)
  if (type === 1) {
    unpacked.fill(little(bytes, at, 1), size)
    return at + 1
  }
  const end = at + size
  if (end > bytes.length) throw new RangeError('The frame ends before its contents do')
  if (type === 0) unpacked.append(bytes, at, end)
  else if (type === 2) unpackSequences(bytes, at, end, unpacked, state)
  else throw new RangeError('A block is of a type that does not exist')
  return end
}

interface Literals {
  readonly bytes: Uint8Array
  /** Where what follows them begins. */
  readonly at: number
}

function readLiterals(bytes: Uint8Array, start: number, end: number, state: FrameState): Literals {
  const head = little(bytes, start, 1)
  const type = head & 3
  const format = (head >>> 2) & 3
  if (type >= 2) return readHuffmanLiterals(bytes, start, end, state, type === 2, format)
  const headBytes = format === 1 ? 2 : format === 3 ? 3 : 1
  const count = Math.floor(little(bytes, start, headBytes) / (headBytes === 1 ? 8 : 16))
  const at = start + headBytes
  if (count > BLOCK_BYTES_MAX) throw new RangeError('A block has too many literals')
  if (type === 1) return { bytes: new Uint8Array(count).fill(little(bytes, at, 1)), at: at + 1 }
  if (at + count > end) throw new RangeError('A block ends before its literals do')
  return { bytes: bytes.subarray(at, at + count), at: at + count }
}

function readHuffmanLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  state: FrameState,
  isDescribed: boolean,
  format: number,
): Literals {
  const headBytes = format < 2 ? 3 : format + 2
  const limit = 2 ** [10, 10, 14, 18][format]!
  const sizes = Math.floor(little(bytes, start, headBytes) / 16)
  const count = sizes % limit
  const stop = start + headBytes + Math.floor(sizes / limit)
  if (stop > end || count > BLOCK_BYTES_MAX) throw new RangeError('A block ends before its literals do')
  let at = start + headBytes
  if (isDescribed) {
    const read = readHuffmanTable(bytes, at, stop)
    state.huffman = read.table
    at = read.at
  }
  if (state.huffman === null) throw new RangeError('A block wants the table of a block before it')
  const literals = new Uint8Array(count)
  if (format === 0) {
    readStream(bytes, at, stop, state.huffman, literals)
    return { bytes: literals, at: stop }
  }
  const part = (count + 3) >>> 2
  let from = at + 6
  for (let i = 0; i < 4; i++) {
    const to = i === 3 ? stop : from + little(bytes, at + i * 2, 2)
    if (to > stop || part * 3 > count) throw new RangeError('A block ends before its literals do')
    readStream(bytes, from, to, state.huffman, literals.subarray(part * i, i === 3 ? count : part * (i + 1)))
    from = to
  }
  return { bytes: literals, at: stop }
}

function readStream(bytes: Uint8Array, start: number, end: number, { bitsMax, symbols, bits }: HuffmanTable, into: Uint8Array): void {
  const stream = new BackwardBits(bytes, start, end)
  for (let i = 0; i < into.length; i++) {
    const next = stream.peek(bitsMax)
    into[i] = symbols[next]!
    stream.left -= bits[next]!
  }
  if (stream.left !== 0) throw new RangeError('A stream of literals is not as long as it should be')
}

function unpackSequences(bytes: Uint8Array, start: number, end: number, unpacked: UnpackedBytes, state: FrameState): void {
  const literals = readLiterals(bytes, start, end, state)
  const blockStart = unpacked.length
  let { at } = literals
  const first = little(bytes, at, 1)
  let count = first
  if (first >= 128) count = first === 255 ? little(bytes, at + 1, 2) + 0x7f00 : (first - 128) * 256 + little(bytes, at + 1, 1)
  at += first < 128 ? 1 : first < 255 ? 2 : 3
  let used = 0
  if (count > 0) {
    const modes = little(bytes, at, 1)
    at = readTable(bytes, at + 1, end, 0, (modes >>> 6) & 3, LITERALS, state)
    at = readTable(bytes, at, end, 1, (modes >>> 4) & 3, OFFSETS, state)
    at = readTable(bytes, at, end, 2, (modes >>> 2) & 3, MATCHES, state)
    used = runSequences(new BackwardBits(bytes, at, end), count, literals.bytes, unpacked, state)
  } else if (at !== end) throw new RangeError('A block goes on behind its literals')
  unpacked.append(literals.bytes, used, literals.bytes.length)
  if (unpacked.length - blockStart > BLOCK_BYTES_MAX) throw new RangeError('A block unpacks to more than it may')
}

/** The table for one of the three codes, by its mode: standard, one symbol, described here, or as in the block before. */
function readTable(
  bytes: Uint8Array,
  at: number,
  end: number,
  index: 0 | 1 | 2,
  mode: number,
  { symbolMax, accuracyMax, standard }: SequenceCode,
  { tables }: FrameState,
): number {
  if (mode === 0) tables[index] = standard
  if (mode === 1) {
    const symbol = little(bytes, at, 1)
    if (symbol > symbolMax) throw new RangeError(`A table has a symbol ${symbol}, above ${symbolMax}`)
    tables[index] = constantTable(symbol)
    return at + 1
  }
  if (mode === 2) {
    const read = readFseTable(bytes, at, end, symbolMax, accuracyMax)
    tables[index] = read.table
    return read.at
  }
  if (tables[index] === null) throw new RangeError('A block wants the table of a block before it')
  return at
}

/** Answers how many of the literals were used. */
function runSequences(stream: BackwardBits, count: number, literals: Uint8Array, unpacked: UnpackedBytes, state: FrameState): number {
  const [forLiterals, forOffsets, forMatches] = state.tables as [FseTable, FseTable, FseTable]
  let literalState = stream.take(forLiterals.accuracyLog)
  let offsetState = stream.take(forOffsets.accuracyLog)
  let matchState = stream.take(forMatches.accuracyLog)
  let used = 0
  for (let i = 0; i < count; i++) {
    const offsetCode = forOffsets.symbols[offsetState]!
    const matchCode = forMatches.symbols[matchState]!
    const literalCode = forLiterals.symbols[literalState]!
    const offset = 2 ** offsetCode + stream.take(offsetCode)
    const match = MATCH_BASES[matchCode]! + stream.take(MATCH_BITS[matchCode]!)
    const plain = LITERAL_BASES[literalCode]! + stream.take(LITERAL_BITS[literalCode]!)
    if (stream.left < 0 || used + plain > literals.length) throw new RangeError('A block ends before its sequences do')
    unpacked.append(literals, used, used + plain)
    used += plain
    unpacked.repeat(distanceOf(offset, plain === 0, state.offsets), match, state.start)
    if (i === count - 1) break
    literalState = forLiterals.bases[literalState]! + stream.take(forLiterals.bits[literalState]!)
    matchState = forMatches.bases[matchState]! + stream.take(forMatches.bits[matchState]!)
    offsetState = forOffsets.bases[offsetState]! + stream.take(forOffsets.bits[offsetState]!)
  }
  if (stream.left !== 0) throw new RangeError('The sequences of a block are not as long as they should be')
  return used
}

/** The lowest three values stand for the last three distances, the latest first; without literals before it the latest makes no sense. */
function distanceOf(value: number, isAlone: boolean, offsets: [number, number, number]): number {
  if (value > 3) {
    offsets[2] = offsets[1]
    offsets[1] = offsets[0]
    offsets[0] = value - 3
    return offsets[0]
  }
  const index = value - 1 + (isAlone ? 1 : 0)
  if (index === 0) return offsets[0]
  const distance = index === 3 ? offsets[0] - 1 : offsets[index]!
  if (index !== 1) offsets[2] = offsets[1]
  offsets[1] = offsets[0]
  offsets[0] = distance
  return distance
}
