// zstd from Node's own zlib, which has it from 22.15 and 23.8 on. Importing this file registers it there, and does nothing before.

import * as zlib from 'node:zlib'
import { registerCodec, UNPACKED_BYTES_MAX } from './compression.js'

type Run = (bytes: Uint8Array, options?: { readonly maxOutputLength: number }) => Uint8Array

/** As far as the oldest Node that is supported knows of it. */
const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as { readonly [name in 'zstdCompressSync' | 'zstdDecompressSync']?: Run }

if (zstdCompressSync !== undefined && zstdDecompressSync !== undefined) {
  registerCodec('zstd', {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }),
  })
}
