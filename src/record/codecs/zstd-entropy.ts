// The two entropy codes of Zstandard as tables to decode with: finite state entropy (FSE) and Huffman, and the streams of bits that they
// are read from, forwards for the descriptions of tables and backwards for the data.
// The format: RFC 8878, sections 4.1 and 4.2.

/** Reads bits from the lowest of the first byte on. */
export class ForwardBits {
  private at: number

  constructor(
    private readonly bytes: Uint8Array,
    start: number,
    private readonly end: number,
  ) {
    this.at = start * 8
  }

  read(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.at++) {
      const byte = this.at >>> 3
      if (byte >= this.end) throw new RangeError('The description of a table ends too early')
      value |= ((this.bytes[byte]! >>> (this.at & 7)) & 1) << i
    }
    return value
  }

  back(count: number): void {
    this.at -= count
  }

  /** The first byte of which nothing was read. */
  get nextByte(): number {
    return (this.at + 7) >>> 3
  }
}

/** Reads bits from the highest of the last byte on; below the lowest bit of the first byte there are zeros. */
export class BackwardBits {
  /** How many bits are left; below 0 when more were taken than there were. */
  left: number

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    end: number,
  ) {
    const last = end > start ? bytes[end - 1]! : 0
    if (last === 0) throw new RangeError('A stream of bits has no end mark')
    this.left = (end - start - 1) * 8 + 31 - Math.clz32(last)
  }

  /** The next bits, at most 24, without taking them. */
  peek(count: number): number {
    const from = this.left - count
    if (from < 0) return this.left <= 0 ? 0 : this.bitsAt(0, this.left) << -from
    return this.bitsAt(from, count)
  }

  /** The next bits, at most 32. */
  take(count: number): number {
    if (count > 24) return this.take(count - 16) * 65_536 + this.take(16)
    const value = count === 0 ? 0 : this.peek(count)
    this.left -= count
    return value
  }

  private bitsAt(from: number, count: number): number {
    const { bytes } = this
    const at = this.start + (from >>> 3)
    const word = bytes[at]! | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    return (word >>> (from & 7)) & ((1 << count) - 1)
  }
}

/** For each state the symbol that it stands for, and what the next state is: a base and that many bits on top. */
export interface FseTable {
  readonly accuracyLog: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly bases: Uint16Array
}

/** A table of counts that are scaled to 2^accuracyLog; -1 is "less than one". */
export function fseTable(counts: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog
  const symbols = new Uint8Array(size)
  const nexts = new Uint16Array(counts.length)
  let high = size
  counts.forEach((count, symbol) => {
    nexts[symbol] = Math.abs(count)
    if (count === -1) symbols[--high] = symbol
  })
  const step = (size >>> 1) + (size >>> 3) + 3
  let at = 0
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= high)
    }
  })
  if (at !== 0) throw new RangeError('The counts of a table do not fill it')
  const bits = new Uint8Array(size)
  const bases = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const next = nexts[symbols[state]!]!++
    const count = accuracyLog - (31 - Math.clz32(next))
    bits[state] = count
    bases[state] = (next << count) - size
  }
  return { accuracyLog, symbols, bits, bases }
}

/** A table with one symbol that takes no bits. */
export function constantTable(symbol: number): FseTable {
  return { accuracyLog: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) }
}

/** Reads the description of a table and answers where it ends. */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  symbolMax: number,
  accuracyMax: number,
): { readonly table: FseTable; readonly at: number } {
  const stream = new ForwardBits(bytes, start, end)
  const accuracyLog = stream.read(4) + 5
  if (accuracyLog > accuracyMax) throw new RangeError(`A table has 2^${accuracyLog} states, more than 2^${accuracyMax}`)
  const counts: number[] = []
  let remaining = 1 << accuracyLog
  while (remaining > 0) {
    if (counts.length > symbolMax) throw new RangeError('A table has too many symbols')
    const width = 32 - Math.clz32(remaining + 1)
    let value = stream.read(width)
    const lowerMask = (1 << (width - 1)) - 1
    const threshold = (1 << width) - 2 - remaining
    if ((value & lowerMask) < threshold) {
      stream.back(1)
      value &= lowerMask
    } else if (value > lowerMask) value -= threshold
    const count = value - 1
    remaining -= Math.abs(count)
    counts.push(count)
    // Behind a count of none stands how many more there are of them, three and more in several steps.
    for (let zeros = count === 0 ? 3 : 0; zeros === 3; ) {
      zeros = stream.read(2)
      for (let i = 0; i < zeros; i++) counts.push(0)
    }
  }
  if (remaining < 0 || counts.length > symbolMax + 1) throw new RangeError('The counts of a table do not fill it')
  return { table: fseTable(counts, accuracyLog), at: stream.nextByte }
}

/** For the next `bitsMax` bits the symbol that they begin with, and how many of them are its own. */
export interface HuffmanTable {
  readonly bitsMax: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
}

const WEIGHT_ACCURACY_MAX = 6
const WEIGHT_MAX = 12
const HUFFMAN_BITS_MAX = 11
const HUFFMAN_SYMBOLS_MAX = 255

/** Reads the description of a Huffman code and answers where it ends. */
export function readHuffmanTable(bytes: Uint8Array, start: number, end: number): { readonly table: HuffmanTable; readonly at: number } {
  const head = start < end ? bytes[start]! : 0
  const from = start + 1
  if (head >= 128) {
    const count = head - 127
    const at = from + ((count + 1) >>> 1)
    if (at > end) throw new RangeError('The description of a table ends too early')
    const weights = Array.from({ length: count }, (_, i) => (bytes[from + (i >>> 1)]! >>> ((i & 1) === 0 ? 4 : 0)) & 15)
    return { table: huffmanTable(weights), at }
  }
  const at = from + head
  if (at > end) throw new RangeError('The description of a table ends too early')
  return { table: huffmanTable(readWeights(bytes, from, at)), at }
}

/** Weights in FSE, by two states that take turns. */
function readWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, at } = readFseTable(bytes, start, end, WEIGHT_MAX, WEIGHT_ACCURACY_MAX)
  const stream = new BackwardBits(bytes, at, end)
  const states = [stream.take(table.accuracyLog), stream.take(table.accuracyLog)] as [number, number]
  const weights: number[] = []
  for (let turn = 0; ; turn ^= 1) {
    const state = states[turn as 0 | 1]
    weights.push(table.symbols[state]!)
    if (weights.length > HUFFMAN_SYMBOLS_MAX) throw new RangeError('A table has too many symbols')
    states[turn as 0 | 1] = table.bases[state]! + stream.take(table.bits[state]!)
    if (stream.left >= 0) continue
    weights.push(table.symbols[states[(turn ^ 1) as 0 | 1]]!)
    return weights
  }
}

/** The weight of the last symbol is what is missing from a power of two. */
function huffmanTable(weights: number[]): HuffmanTable {
  let sum = 0
  for (const weight of weights) if (weight > 0) sum += 2 ** (weight - 1)
  const bitsMax = sum === 0 ? 0 : 32 - Math.clz32(sum)
  if (bitsMax === 0 || bitsMax > HUFFMAN_BITS_MAX) throw new RangeError('The weights of a table are no code')
  const rest = (1 << bitsMax) - sum
  if ((rest & (rest - 1)) !== 0) throw new RangeError('The weights of a table are no code')
  weights.push(32 - Math.clz32(rest))
  const symbols = new Uint8Array(1 << bitsMax)
  const bits = new Uint8Array(1 << bitsMax)
  let at = 0
  for (let weight = 1; weight <= bitsMax; weight++) {
    weights.forEach((each, symbol) => {
      if (each !== weight) return
      const count = 1 << (weight - 1)
      symbols.fill(symbol, at, at + count)
      bits.fill(bitsMax + 1 - weight, at, at + count)
      at += count
    })
  }
  if (at !== 1 << bitsMax) throw new RangeError('The weights of a table are no code')
  return { bitsMax, symbols, bits }
}
