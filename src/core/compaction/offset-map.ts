// From each key to its last offset, for one round of the cleaner. Kafka keeps a hash of 16 bytes for a key; two keys of one hash
// would cost a live record, so the keys themselves are kept here, and compared. The map takes what it needs up to a bound, then says
// that it is full, and the round ends there. It is cut into shards that grow by themselves: nothing ever moves all of it at once.

import { assert } from '../../lib/assert.js'

const SHARDS = 256
const SLOTS_MIN = 16
/** Bytes of a slot: its hash, the place and length of its key, its offset. */
const SLOT_BYTES = 24
/** Keys lie one behind the other in pieces of this size; a longer key has a piece of its own. */
const ARENA_BYTES = 65_536

interface Shard {
  count: number
  hashes: Uint32Array
  /** -1 where nothing is. */
  offsets: Float64Array
  arenas: Uint32Array
  starts: Uint32Array
  lengths: Uint32Array
}

export class OffsetMap {
  /** Every offset up to it is in the map, -1 when none is: what lies behind is not judged. */
  latestOffset = -1
  /** How many keys there are. */
  size = 0
  private usedBytes = 0
  private readonly shards: (Shard | undefined)[] = new Array<Shard | undefined>(SHARDS).fill(undefined)
  private readonly arenas: Uint8Array[] = []
  private arenaUsed = ARENA_BYTES

  /**
   * @param bytesMax the most that keys and slots may take: log.cleaner.dedupe.buffer.size
   * @param seed mixed into the hash, so that nobody can prepare keys that all fall into one slot
   */
  constructor(
    private readonly bytesMax: number,
    private readonly seed: number,
  ) {}

  /** Notes that the key was written at `offset`; false when there is no room for another key. The first batch always has room. */
  put(bytes: Uint8Array, start: number, end: number, offset: number): boolean {
    const hash = hashOf(bytes, start, end, this.seed)
    const shard = this.shardOf(hash)
    const at = this.slotOf(shard, hash, bytes, start, end)
    if ((shard.offsets[at] as number) < 0) {
      if (this.latestOffset >= 0 && this.usedBytes + end - start + SLOT_BYTES > this.bytesMax) return false
      this.fill(shard, at, hash, bytes, start, end)
    }
    shard.offsets[at] = offset
    return true
  }

  /** The last offset of the key, -1 when it was never put. */
  get(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end, this.seed)
    const shard = this.shards[hash >>> 24]
    return shard === undefined ? -1 : (shard.offsets[this.slotOf(shard, hash, bytes, start, end)] as number)
  }

  private shardOf(hash: number): Shard {
    const at = hash >>> 24
    let shard = this.shards[at]
    if (shard === undefined) shard = newShard(SLOTS_MIN)
    else if (shard.count * 4 >= shard.hashes.length * 3) shard = doubled(shard)
    this.shards[at] = shard
    return shard
  }

  /** Where the key is, or where it would go. */
  private slotOf(shard: Shard, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = shard.hashes.length - 1
    let at = hash & mask
    while ((shard.offsets[at] as number) >= 0) {
      if (shard.hashes[at] === hash && this.hasKey(shard, at, bytes, start, end)) return at
      at = (at + 1) & mask
    }
    return at
  }

  private hasKey(shard: Shard, at: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (shard.lengths[at] !== length) return false
    const arena = this.arenas[shard.arenas[at] as number] as Uint8Array
    const from = shard.starts[at] as number
    for (let i = 0; i < length; i++) if (arena[from + i] !== bytes[start + i]) return false
    return true
  }

  private fill(shard: Shard, at: number, hash: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length > ARENA_BYTES) {
      // Before the open one, which stays the last.
      this.arenas.push(bytes.slice(start, end))
      shard.starts[at] = 0
      this.arenaUsed = ARENA_BYTES
    } else {
      if (this.arenaUsed + length > ARENA_BYTES) {
        this.arenas.push(new Uint8Array(ARENA_BYTES))
        this.arenaUsed = 0
      }
      const arena = this.arenas[this.arenas.length - 1] as Uint8Array
      for (let i = 0; i < length; i++) arena[this.arenaUsed + i] = bytes[start + i] as number
      shard.starts[at] = this.arenaUsed
      this.arenaUsed += length
    }
    shard.hashes[at] = hash
    shard.arenas[at] = this.arenas.length - 1
    shard.lengths[at] = length
    shard.count++
    this.size++
    this.usedBytes += length + SLOT_BYTES
  }
}

function newShard(slots: number): Shard {
  return {
    count: 0,
    hashes: new Uint32Array(slots),
    offsets: new Float64Array(slots).fill(-1),
    arenas: new Uint32Array(slots),
    starts: new Uint32Array(slots),
    lengths: new Uint32Array(slots),
  }
}

function doubled(old: Shard): Shard {
  const shard = newShard(old.hashes.length * 2)
  const mask = shard.hashes.length - 1
  for (let from = 0; from < old.hashes.length; from++) {
    if ((old.offsets[from] as number) < 0) continue
    const hash = old.hashes[from] as number
    let to = hash & mask
    while ((shard.offsets[to] as number) >= 0) to = (to + 1) & mask
    shard.hashes[to] = hash
    shard.offsets[to] = old.offsets[from] as number
    shard.arenas[to] = old.arenas[from] as number
    shard.starts[to] = old.starts[from] as number
    shard.lengths[to] = old.lengths[from] as number
    shard.count++
  }
  assert(shard.count === old.count, 'no key is lost when a shard grows')
  return shard
}

/** MurmurHash3, 32 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    hash ^= scrambled(word)
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
  }
  let tail = 0
  for (let i = end - 1; i >= at; i--) tail = (tail << 8) | (bytes[i] as number)
  if (at < end) hash ^= scrambled(tail)
  hash ^= end - start
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
