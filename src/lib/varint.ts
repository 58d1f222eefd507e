// Kafka's zig-zag variable-length integers (those of Protocol Buffers' sint32 and sint64): seven bits a byte, the lowest first,
// the top bit says that more follow, the sign is in the lowest bit so that small negatives stay short. "Varint" is 32 bits, at most
// 5 bytes; "varlong" is 64 bits, of which `number` carries 53. Reading neither allocates nor throws: a malformed or cut-off
// integer leaves the cursor at MALFORMED, so that one comparison after several reads finds it.

/** A place in bytes that reading moves on. */
export interface VarintCursor {
  /** Where the next read begins, or MALFORMED after a read that failed; reads from there fail too. */
  at: number
}

/** What `cursor.at` becomes when the bytes were no integer: too long, too large or cut off. */
export const MALFORMED = -1

/** How many bytes `writeVarint` takes. */
export function varintLength(n: number): number {
  const zigzag = ((n << 1) ^ (n >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Writes a 32-bit integer and returns the position after it. */
export function writeVarint(buffer: Uint8Array, at: number, n: number): number {
  let zigzag = ((n << 1) ^ (n >> 31)) >>> 0
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[at] = zigzag
  return at + 1
}

/** Reads a 32-bit integer, never from `end` on. The value is 0 when the cursor becomes MALFORMED. */
export function readVarint(buffer: Uint8Array, cursor: VarintCursor, end: number): number {
  const { at } = cursor
  // Small enough to be inlined where it is called; nearly all numbers in a batch are of one byte.
  if (at >= 0 && at < end) {
    const byte = buffer[at] as number
    if (byte < 0x80) {
      cursor.at = at + 1
      return (byte >>> 1) ^ -(byte & 1)
    }
  }
  return readLongVarint(buffer, cursor, end)
}

function readLongVarint(buffer: Uint8Array, cursor: VarintCursor, end: number): number {
  let at = cursor.at
  if (at < 0) return 0
  let value = 0
  for (let shift = 0; shift < 35 && at < end; shift += 7) {
    const byte = buffer[at++] as number
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      // The fifth byte has room for the four highest bits only.
      if (shift === 28 && byte > 0x0f) break
      cursor.at = at
      return (value >>> 1) ^ -(value & 1)
    }
  }
  cursor.at = MALFORMED
  return 0
}

/** How many bytes `writeVarlong` takes. */
export function varlongLength(n: number): number {
  if (n === (n | 0)) return varintLength(n)
  let magnitude = Math.floor((n < 0 ? -n - 1 : n) / 64)
  let bytes = 1
  for (; magnitude > 0; bytes++) magnitude = Math.floor(magnitude / 128)
  return bytes
}

/** Writes an integer of up to 53 bits and a sign, and returns the position after it. */
export function writeVarlong(buffer: Uint8Array, at: number, n: number): number {
  if (n === (n | 0)) return writeVarint(buffer, at, n)
  // Zig-zag would double the value past what a number holds exactly, so the sign bit joins the lowest six bits by hand.
  let magnitude = n < 0 ? -n - 1 : n
  let low = (magnitude % 64) * 2 + (n < 0 ? 1 : 0)
  magnitude = Math.floor(magnitude / 64)
  while (magnitude > 0) {
    buffer[at++] = low | 0x80
    low = magnitude % 128
    magnitude = Math.floor(magnitude / 128)
  }
  buffer[at] = low
  return at + 1
}

/** Reads an integer of up to 53 bits and a sign, never from `end` on. What is larger counts as malformed. */
export function readVarlong(buffer: Uint8Array, cursor: VarintCursor, end: number): number {
  const start = cursor.at
  if (start < 0) return 0
  const first = start < end ? (buffer[start] as number) : 0x80
  if (first < 0x80) {
    cursor.at = start + 1
    return (first >>> 1) ^ -(first & 1)
  }
  let magnitude = (first & 0x7f) >>> 1
  let scale = 64
  for (let at = start + 1; at < end && at < start + 10; at++) {
    const byte = buffer[at] as number
    magnitude += (byte & 0x7f) * scale
    scale *= 128
    if (byte < 0x80) {
      if (magnitude > Number.MAX_SAFE_INTEGER + 1) break
      cursor.at = at + 1
      return (first & 1) === 0 ? magnitude : -magnitude - 1
    }
  }
  cursor.at = MALFORMED
  return 0
}
