// What consumers of the classic protocol tell each other (ConsumerProtocolSubscription and ConsumerProtocolAssignment of Kafka), read and
// written here for groups in which the broker assigns to them. All integers are big endian; a version comes first, and fields are only
// ever added at the end.

import { readInt16, readInt32, writeInt16, writeInt32 } from '../../lib/bytes.js'
import { encodeUtf8, readUtf8 } from '../../lib/text.js'
import type { TopicPartition } from '../topic-partition.js'

export interface ConsumerSubscription {
  readonly topics: readonly string[]
  /** What it goes on with while it joins anew; nothing for those that give everything back first. */
  readonly owned: readonly TopicPartition[]
}

/** From here on a subscription says what its member owns. */
const OWNED_VERSION = 1

/** A cursor that answers nothing but zeros behind the end. */
class Bytes {
  private at = 0

  constructor(private readonly bytes: Uint8Array) {}

  get isOver(): boolean {
    return this.at > this.bytes.length
  }

  int16(): number {
    this.at += 2
    return this.at <= this.bytes.length ? readInt16(this.bytes, this.at - 2) : 0
  }

  int32(): number {
    this.at += 4
    return this.at <= this.bytes.length ? readInt32(this.bytes, this.at - 4) : 0
  }

  text(): string {
    const length = Math.max(0, this.int16())
    this.at += length
    return this.isOver ? '' : readUtf8(this.bytes, this.at - length, this.at)
  }

  skipBytes(): void {
    this.at += Math.max(0, this.int32())
  }

  partitions(): TopicPartition[] {
    const partitions: TopicPartition[] = []
    for (let topics = this.int32(); topics > 0 && !this.isOver; topics--) {
      const topic = this.text()
      for (let left = this.int32(); left > 0 && !this.isOver; left--) partitions.push({ topic, partition: this.int32() })
    }
    return partitions
  }
}

/** null when it is no subscription of a consumer. */
export function readSubscription(metadata: Uint8Array): ConsumerSubscription | null {
  const bytes = new Bytes(metadata)
  const version = bytes.int16()
  const topics: string[] = []
  for (let left = bytes.int32(); left > 0 && !bytes.isOver; left--) topics.push(bytes.text())
  bytes.skipBytes()
  const owned = version >= OWNED_VERSION ? bytes.partitions() : []
  return bytes.isOver ? null : { topics, owned }
}

/** The partitions in an assignment; nothing when it is malformed. */
export function readAssignment(assignment: Uint8Array): readonly TopicPartition[] {
  const bytes = new Bytes(assignment)
  bytes.int16()
  const partitions = bytes.partitions()
  return bytes.isOver ? [] : partitions
}

/** In the version that every consumer reads. */
export function writeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  const names = new Map([...byTopic.keys()].map((topic) => [topic, encodeUtf8(topic)]))
  let size = 2 + 4 + 4
  for (const [topic, numbers] of byTopic) size += 2 + (names.get(topic)?.length ?? 0) + 4 + 4 * numbers.length
  const written = new Uint8Array(size)
  let at = 2
  writeInt32(written, at, byTopic.size)
  at += 4
  for (const [topic, numbers] of byTopic) {
    const name = names.get(topic) ?? new Uint8Array(0)
    writeInt16(written, at, name.length)
    written.set(name, at + 2)
    at += 2 + name.length
    for (const number of [numbers.length, ...numbers]) {
      writeInt32(written, at, number)
      at += 4
    }
  }
  // No data of the user's.
  writeInt32(written, at, 0)
  return written
}
