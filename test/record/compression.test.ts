// The registry of codecs, and blocks that unpack to more than anyone has memory for.

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import { codecFor, decompress, registerCodec, UNPACKED_BYTES_MAX } from '../../src/record/compression.js'
import type { ErrorCode } from '../../src/errors.js'

function codeOf(run: () => unknown): ErrorCode | 'none' {
  try {
    run()
    return 'none'
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return error.code
  }
}

test('no codec is there until a platform brings one', async () => {
  expect(codeOf(() => codecFor('gzip'))).toBe('UNSUPPORTED_COMPRESSION_TYPE')
  await import('../../src/record/node-gzip.js')
  expect(codecFor('gzip').decompress(gzipSync('hello')).length).toBe(5)
  expect(codeOf(() => codecFor(undefined))).toBe('UNSUPPORTED_COMPRESSION_TYPE')
})

test('a codec that a user registers is used from then on', () => {
  const codec = { compress: (bytes: Uint8Array) => bytes, decompress: (bytes: Uint8Array) => bytes }
  registerCodec('zstd', codec)
  expect(codecFor('zstd')).toBe(codec)
})

test('a small block that unpacks to more than is allowed is refused before it takes the memory', async () => {
  await import('../../src/record/node-gzip.js')
  // gzip allows several members one behind the other, so a large one need not be made at once.
  const member = gzipSync(new Uint8Array(32 * 1024 * 1024), { level: 1 })
  const bomb = Buffer.concat(new Array<Uint8Array>(9).fill(member))
  expect(bomb.length).toBeLessThan(UNPACKED_BYTES_MAX / 100)
  expect(codeOf(() => decompress('gzip', bomb))).toBe('CORRUPT_MESSAGE')
})

test('a codec that does not watch the size is watched', () => {
  const huge = Object.defineProperty(new Uint8Array(0), 'length', { value: UNPACKED_BYTES_MAX + 1 })
  registerCodec('snappy', { compress: (bytes) => bytes, decompress: () => huge })
  expect(codeOf(() => decompress('snappy', new Uint8Array(1)))).toBe('CORRUPT_MESSAGE')
})
