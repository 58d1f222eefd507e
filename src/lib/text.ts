// Text to UTF-8 and back, straight into and out of larger buffers. In Node the internals behind Buffer do it in one native call
// (about twice as fast as TextEncoder, and without a view per string); elsewhere, or should a Node drop them, TextEncoder and
// TextDecoder do. Very short text is faster by hand than by any native call.

/** The part of Buffer.prototype that works on any Uint8Array and that Node does not declare in its types. */
interface NativeText {
  utf8Write(this: Uint8Array, text: string, at: number): number
  utf8Slice(this: Uint8Array, start: number, end: number): string
}
interface BufferClass {
  readonly prototype: NativeText
  allocUnsafeSlow(bytes: number): Uint8Array
  byteLength(text: string): number
}

/** Text up to this many characters is written character by character. */
const SHORT_CHARS = 16

const encoder = new TextEncoder()
// A byte order mark is a part of the text: what was sent is what arrives.
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

const BufferOfNode = (globalThis as { Buffer?: Partial<BufferClass> }).Buffer
const native =
  typeof BufferOfNode?.prototype?.utf8Write === 'function' && typeof BufferOfNode.prototype.utf8Slice === 'function'
    ? (BufferOfNode as BufferClass)
    : undefined
const utf8Write = native?.prototype.utf8Write
const utf8Slice = native?.prototype.utf8Slice

/** Memory for packing into. Its content is arbitrary until it is written. */
export function allocate(bytes: number): Uint8Array {
  return native === undefined ? new Uint8Array(bytes) : native.allocUnsafeSlow(bytes)
}

/** How many bytes the text takes as UTF-8. */
export function utf8Length(text: string): number {
  return native === undefined ? encoder.encode(text).length : native.byteLength(text)
}

/**
 * Writes text as UTF-8 and returns how many bytes that were. The caller makes sure that it fits: three bytes a character always do.
 * Half of a surrogate pair becomes U+FFFD, as everywhere in JavaScript.
 */
export function writeUtf8(buffer: Uint8Array, text: string, at: number): number {
  const chars = text.length
  if (chars <= SHORT_CHARS) {
    let i = 0
    for (; i < chars; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) break
      buffer[at + i] = code
    }
    if (i === chars) return chars
  }
  return utf8Write === undefined ? encoder.encodeInto(text, buffer.subarray(at)).written : utf8Write.call(buffer, text, at)
}

/** The text of bytes `start` to `end`. What is not UTF-8 becomes U+FFFD; see `decodeUtf8Strict`. */
export function readUtf8(buffer: Uint8Array, start: number, end: number): string {
  return utf8Slice === undefined ? lenient.decode(buffer.subarray(start, end)) : utf8Slice.call(buffer, start, end)
}

/** The text as UTF-8 in memory of its own. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of the bytes; throws a TypeError when they are not UTF-8. */
export function decodeUtf8Strict(bytes: Uint8Array): string {
  // Bytes that are not UTF-8 always leave a U+FFFD, and looking for it costs nothing in ASCII text. Only when there is one,
  // which may also have been sent as such, the slow decoder decides.
  const text = readUtf8(bytes, 0, bytes.length)
  return text.includes('\ufffd') ? strict.decode(bytes) : text
}
