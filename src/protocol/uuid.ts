// Kafka's 16-byte ids as text: base64url without padding, 22 characters, as Kafka's own tools print them. All zeros means "no id".
// Written by hand because it must work in a browser too, and because an id is read for each topic of each fetch.

import { KafkaliteError } from '../errors.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]))
const UUID_CHARS = 22
const UUID_BYTES = 16

/** The id that stands for "none". */
export const ZERO_UUID = 'A'.repeat(UUID_CHARS)

/** The text of the 16 bytes from `at` on. */
export function formatUuid(bytes: Uint8Array, at: number): string {
  let text = ''
  for (let i = 0; i < UUID_BYTES; i += 3) {
    const first = bytes[at + i] as number
    const hasMore = i + 1 < UUID_BYTES
    const second = hasMore ? (bytes[at + i + 1] as number) : 0
    const third = hasMore ? (bytes[at + i + 2] as number) : 0
    text += ALPHABET.charAt(first >> 2) + ALPHABET.charAt(((first & 3) << 4) | (second >> 4))
    if (hasMore) text += ALPHABET.charAt(((second & 15) << 2) | (third >> 6)) + ALPHABET.charAt(third & 63)
  }
  return text
}

/** Writes the 16 bytes of the text. INVALID_ARGUMENT when it is none. */
export function writeUuid(bytes: Uint8Array, at: number, text: string): void {
  if (text.length !== UUID_CHARS) throw notUuid(text)
  let bits = 0
  let count = 0
  let to = at
  for (const letter of text) {
    const value = VALUES.get(letter)
    if (value === undefined) throw notUuid(text)
    bits = ((bits << 6) | value) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    if (to < at + UUID_BYTES) bytes[to++] = (bits >> count) & 0xff
  }
}

function notUuid(text: string): KafkaliteError {
  return new KafkaliteError('INVALID_ARGUMENT', `An id is 22 characters of base64url, not "${text}"`)
}

/** A new id. */
export function randomUuid(random: () => number): string {
  const bytes = new Uint8Array(UUID_BYTES)
  for (let i = 0; i < UUID_BYTES; i++) bytes[i] = Math.floor(random() * 256)
  return formatUuid(bytes, 0)
}
