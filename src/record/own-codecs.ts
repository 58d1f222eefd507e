// The codecs that need nothing of the platform. Importing this file registers them; every entry file does. A platform's own, which is
// faster, takes their place where there is one.

import { lz4 } from './codecs/lz4.js'
import { snappy } from './codecs/snappy.js'
import { zstd } from './codecs/zstd.js'
import { registerCodec } from './compression.js'

registerCodec('snappy', snappy)
registerCodec('lz4', lz4)
registerCodec('zstd', zstd)
