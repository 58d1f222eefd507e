// Writes our own batches of cases.txt to ours/, for other implementations to read. See README.md.

import { writeFileSync } from 'node:fs'
import '../../src/record/node-gzip.js'
import '../../src/record/own-codecs.js'
import { packMarker } from '../../src/record/control-batch.js'
import { CASES, type CapturedCase, hex, pack } from './captured-case.js'

const save = (name: string, bytes: Uint8Array): void => writeFileSync(new URL(`ours/${name}.hex`, import.meta.url), `${hex(bytes)}\n`)

for (const one of CASES) save(one.name, pack(one).bytes)
const hundred = CASES.find(({ name }) => name === 'hundred') as CapturedCase
for (const compression of ['snappy', 'lz4'] as const) save(`hundred-${compression}`, pack({ ...hundred, compression }).bytes)
save(
  'marker-commit',
  packMarker({ kind: 'commit', producerId: 6, producerEpoch: 3, coordinatorEpoch: 0, timestamp: 1_234_567_890_123 }).bytes,
)
save(
  'marker-abort',
  packMarker({ kind: 'abort', producerId: 4242, producerEpoch: 0, coordinatorEpoch: 17, timestamp: 1_234_567_890_123 }).bytes,
)
