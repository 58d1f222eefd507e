// gzip from Node's own zlib. Importing this file registers it; only the entry file for Node does, so the browser's stays free of
// Node modules. Synchronous on purpose: a batch takes well under a millisecond, less than a turn through the thread pool.

import { gunzipSync, gzipSync } from 'node:zlib'
import { registerCodec, UNPACKED_BYTES_MAX } from './compression.js'

registerCodec('gzip', {
  compress: (bytes) => gzipSync(bytes),
  decompress: (bytes) => gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }),
})
