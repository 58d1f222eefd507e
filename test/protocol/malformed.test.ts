// What a hostile or broken peer can send: cut off, flipped, announcing lengths that are not there. Every such frame is refused with a
// KafkaliteError, before memory is taken for what it announces.
import { describe, expect, test } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import type { Message } from '../../src/protocol/message.js'
import { metadataRequest } from '../../src/protocol/messages/03-metadata.js'
import { produceRequest } from '../../src/protocol/messages/00-produce.js'
import { apiVersionsRequest } from '../../src/protocol/messages/18-api-versions.js'
import { WireReader } from '../../src/protocol/wire-reader.js'
import { fromBase64, MESSAGES, samplesOf } from './kafka-sample.js'

/** What reading did: 'read', or the code of its error. Any other error passes through. */
function outcome(message: Message<unknown>, bytes: Uint8Array, version: number): string {
  try {
    message.read(new WireReader(bytes), version)
    return 'read'
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return error.code
  }
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const fullest = (message: Message<unknown>): { bytes: Uint8Array; version: number } => {
  const longest = samplesOf(message).reduce((best, sample) => (sample.bytes.length > best.bytes.length ? sample : best))
  return { bytes: fromBase64(longest.bytes), version: longest.version }
}

describe.each(MESSAGES.map((message) => [message.name, message] as const))('%s', (_, message) => {
  const { bytes, version } = fullest(message)

  test('cut off anywhere is refused', () => {
    const outcomes = new Set(Array.from({ length: bytes.length }, (__, end) => outcome(message, bytes.slice(0, end), version)))
    expect([...outcomes].filter((each) => each !== 'INVALID_REQUEST')).toEqual([])
  })

  test('with bytes flipped is read as something else or refused', () => {
    const random = seeded(message.key + 1)
    const outcomes = new Set<string>()
    for (let round = 0; round < 200; round++) {
      const damaged = bytes.slice()
      for (let flips = 0; flips < 3 && damaged.length > 0; flips++)
        damaged[Math.floor(random() * damaged.length)] = [0, 0xff, 0x7f, 0x80, Math.floor(random() * 256)][Math.floor(random() * 5)] ?? 0
      outcomes.add(outcome(message, damaged, version))
    }
    expect([...outcomes].filter((each) => each !== 'read' && each !== 'INVALID_REQUEST')).toEqual([])
  })
})

describe('lengths that are not there', () => {
  const refused = (message: Message<unknown>, hex: string, version: number): string =>
    outcome(message, new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')), version)

  test('an array of two thousand million topics in a frame of four bytes is refused', () => {
    expect(refused(metadataRequest, '7fffffff', 1)).toBe('INVALID_REQUEST')
  })
  test('a negative length other than null is refused', () => {
    expect(refused(metadataRequest, 'fffffffe', 1)).toBe('INVALID_REQUEST')
  })
  test('a string longer than the frame is refused', () => {
    expect(refused(metadataRequest, '00000001 7fff 6161', 1)).toBe('INVALID_REQUEST')
  })
  test('null where the version knows none is refused', () => {
    expect(refused(metadataRequest, 'ffffffff', 0)).toBe('INVALID_REQUEST')
  })
  test('records longer than the frame are refused', () => {
    expect(refused(produceRequest, 'ffff 0001 00000064 00000001 0001 61 00000001 00000000 7ffffff0 00', 3)).toBe('INVALID_REQUEST')
  })
  test('a variable-length integer of six bytes is refused', () => {
    expect(refused(apiVersionsRequest, 'ffffffffff01', 3)).toBe('INVALID_REQUEST')
  })
  test('a tagged field longer than the frame is refused', () => {
    expect(refused(apiVersionsRequest, '0161 0161 01 05 7f', 3)).toBe('INVALID_REQUEST')
  })
  test('more array elements than a message may have are refused, however small they are', () => {
    const frame = new Uint8Array(4 + 2 * 1_000_001)
    new DataView(frame.buffer).setInt32(0, 1_000_001)
    expect(outcome(metadataRequest, frame, 0)).toBe('INVALID_REQUEST')
  })
})
