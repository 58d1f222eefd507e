// Which partition a record goes to. The hashes of keys are those that Kafka's own tests name, so a key of ours and a key of a Java
// client meet in one partition.
import { describe, expect, test } from 'vitest'
import { PartitionChoice } from '../../src/client/partitioner.js'
import { murmur2, partitionForKey } from '../../src/lib/murmur2.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('with a key', () => {
  // From UtilsTest.testMurmur2 of Apache Kafka.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('the hash of %s is that of Kafka', (key, hash) => {
    expect(murmur2(utf8(key))).toBe(hash)
    const choice = new PartitionChoice('t', 100, () => 0, undefined)
    for (const again of [1, 2]) expect([again, choice.choose(key, null, 7)]).toEqual([again, (hash & 0x7fffffff) % 7])
    expect(choice.choose(utf8(key), null, 7)).toBe((hash & 0x7fffffff) % 7)
  })

  test('a key moves with the number of partitions, also one that was seen before', () => {
    const choice = new PartitionChoice('t', 100, () => 0, undefined)
    for (const partitions of [3, 5, 3, 11])
      expect(choice.choose('key-ß', null, partitions)).toBe(partitionForKey(utf8('key-ß'), partitions))
  })
})

describe('without a key', () => {
  test('a partition is kept until a batch went there, then another is drawn', () => {
    const draws = [0.5, 0, 0.99]
    const choice = new PartitionChoice('t', 100, () => draws.shift() ?? 0, undefined)
    const chosen: number[] = []
    for (let i = 0; i < 9; i++) {
      chosen.push(choice.choose(null, 'v', 4))
      choice.used(40)
    }
    expect(chosen).toEqual([2, 2, 2, 3, 3, 3, 2, 2, 2])
  })
})

describe("a user's partitioner", () => {
  test('gets bytes and decides', () => {
    const seen: unknown[] = []
    const choice = new PartitionChoice(
      't',
      100,
      () => 0,
      (record, partitions) => {
        seen.push(record)
        return partitions - 1
      },
    )
    expect(choice.choose('k', null, 3)).toBe(2)
    expect(seen).toEqual([{ topic: 't', key: utf8('k'), value: null }])
  })

  test.each([[3], [-1], [0.5], [Number.NaN], ['1'], [undefined]])('answering %s of 3 partitions is refused', (answer) => {
    const choice = new PartitionChoice(
      't',
      100,
      () => 0,
      () => answer as number,
    )
    expect(() => choice.choose('k', null, 3)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
