// Markers that end transactions: what is packed is what Kafka writes, and what is no marker is not taken for one.

import { describe, expect, test } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import { packMarker, readMarker, type Marker } from '../../src/record/control-batch.js'
import { packAll } from './record-arbitrary.js'

describe('a transaction marker', () => {
  test.each<Marker>([
    { kind: 'commit', producerId: 6, producerEpoch: 3, coordinatorEpoch: 0, timestamp: 1000 },
    { kind: 'abort', producerId: 2 ** 52, producerEpoch: 32_767, coordinatorEpoch: 2 ** 31 - 1, timestamp: 1_700_000_000_000 },
  ])('to $kind is read as it was packed', (marker) => {
    const batch = packMarker(marker)
    expect(readMarker(batch)).toEqual(marker)
    expect([batch.isControl, batch.isTransactional, batch.count, batch.baseSequence, batch.sizeBytes]).toEqual([true, true, 1, -1, 78])
  })

  test('of a kind that is not known is no marker', () => {
    const key = Uint8Array.from([0, 0, 0, 2])
    expect(readMarker(packAll([{ key, value: new Uint8Array(6), timestamp: 0, headers: null }], { control: true }))).toBeUndefined()
  })

  test.each([
    ['is not marked as one', Uint8Array.from([0, 0, 0, 1]), new Uint8Array(6), false],
    ['has no key', null, new Uint8Array(6), true],
    ['has no value', Uint8Array.from([0, 0, 0, 1]), null, true],
    ['has a key that is too short', new Uint8Array(3), new Uint8Array(6), true],
    ['has a value that is too short', Uint8Array.from([0, 0, 0, 1]), new Uint8Array(5), true],
  ])('cannot be read from a batch that %s', (_, key, value, control) => {
    expect(() => readMarker(packAll([{ key, value, timestamp: 0, headers: null }], { control }))).toThrow(KafkaliteError)
  })
})
