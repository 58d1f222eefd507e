// Kafka's own answers for the hash of keys: another partition for an old key would break its order.

import { describe, expect, test } from 'vitest'
import { murmur2, partitionForKey } from '../../src/lib/murmur2.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('murmur2', () => {
  // The known answers of org.apache.kafka.common.utils.UtilsTest.
  test.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('of "%s" is what Kafka computes', (text, hash) => {
    expect(murmur2(utf8(text))).toBe(hash)
  })

  test('reads the bytes of a view from where the view begins', () => {
    expect(murmur2(utf8('--foobar--').subarray(2, 8))).toBe(-790_332_482)
  })
})

describe('the partition of a key', () => {
  test('is the hash without its sign, modulo the number of partitions', () => {
    expect(partitionForKey(utf8('foobar'), 7)).toBe((-790_332_482 & 0x7fff_ffff) % 7)
    expect(partitionForKey(utf8('abc'), 10)).toBe(7)
  })

  test('is 0 when there is one partition', () => {
    expect(partitionForKey(utf8('anything'), 1)).toBe(0)
  })

  test('cannot be asked of a topic without partitions', () => {
    expect(() => partitionForKey(utf8('k'), 0)).toThrow('broken invariant')
  })
})
