// Frames come in whatever pieces the network makes of them.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from '../../src/server/frame-reader.js'

function framed(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      frames.flatMap((frame) => {
        const length = Buffer.alloc(4)
        length.writeInt32BE(frame.length)
        return [length, frame]
      }),
    ),
  )
}

describe('frames', () => {
  test('are the same however they are cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }), (frames, cuts) => {
        const bytes = framed(frames)
        const read: Uint8Array[] = []
        const reader = new FrameReader(1000, (frame) => read.push(new Uint8Array(frame)))
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = Math.min(bytes.length, at + (cuts[i % cuts.length] ?? 1))
          reader.push(bytes.slice(at, end))
          at = end
        }
        expect(read).toEqual(frames)
      }),
    )
  })

  test('larger than a request may be are refused when their length is read', () => {
    const reader = new FrameReader(1000, () => undefined)
    reader.push(new Uint8Array([0, 0, 3]))
    expect(() => reader.push(new Uint8Array([0xe9]))).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  test('of a negative length are refused', () => {
    const reader = new FrameReader(1000, () => undefined)
    expect(() => reader.push(new Uint8Array([0xff, 0xff, 0xff, 0xff]))).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  test('that are announced take no memory before they come', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 50 }, () => new FrameReader(104_857_600, () => undefined))
    for (const reader of readers) reader.push(new Uint8Array([6, 0x40, 0, 0, 1]))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
  })
})
