// Which partition a record goes to when it names none. Kafka's rules: the key's murmur2 hash, so that a key stays in one partition
// whichever client sends it; without a key one partition is kept until a batch's worth of bytes went there, so that batches fill.

import { describe, KafkaliteError } from '../errors.js'
import { partitionForKey } from '../lib/murmur2.js'
import { encodeUtf8 } from '../lib/text.js'

/** Chooses from 0 to `partitions` - 1. Called once for each record that names no partition. Key and value are encoded. */
export type Partitioner = (record: { topic: string; key: Uint8Array | null; value: Uint8Array | null }, partitions: number) => number

/** A string key is hashed again and again when it repeats; this many distinct ones of a topic are remembered. */
const REMEMBERED_KEYS = 1024
/** Longer keys rarely repeat and would hold memory. */
const REMEMBERED_KEY_CHARS = 64

/** The choice for one topic of one producer. */
export class PartitionChoice {
  private sticky = -1
  private stickyBytesLeft = 0
  private readonly remembered = new Map<string, number>()
  private rememberedFor = 0

  constructor(
    private readonly topic: string,
    private readonly stickyBytes: number,
    private readonly random: () => number,
    private readonly custom: Partitioner | undefined,
  ) {}

  /** `INVALID_ARGUMENT` when the user's partitioner answers nonsense. */
  choose(key: Uint8Array | string | null, value: Uint8Array | string | null, partitions: number): number {
    if (this.custom !== undefined) return this.ask(this.custom, key, value, partitions)
    if (partitions === 1) return 0
    if (key === null) return this.stick(partitions)
    return typeof key === 'string' ? this.ofText(key, partitions) : partitionForKey(key, partitions)
  }

  /** A record without a key took that many bytes of the partition that was chosen last. */
  used(bytes: number): void {
    this.stickyBytesLeft -= bytes
  }

  private ofText(key: string, partitions: number): number {
    if (partitions !== this.rememberedFor) {
      this.remembered.clear()
      this.rememberedFor = partitions
    }
    const known = this.remembered.get(key)
    if (known !== undefined) return known
    const partition = partitionForKey(encodeUtf8(key), partitions)
    if (key.length <= REMEMBERED_KEY_CHARS && this.remembered.size < REMEMBERED_KEYS) this.remembered.set(key, partition)
    return partition
  }

  private stick(partitions: number): number {
    if (this.sticky < 0 || this.sticky >= partitions) {
      this.sticky = Math.floor(this.random() * partitions)
      this.stickyBytesLeft = this.stickyBytes
    } else if (this.stickyBytesLeft <= 0) {
      // One of the others, each as likely as the next.
      const step = 1 + Math.floor(this.random() * (partitions - 1))
      this.sticky = (this.sticky + step) % partitions
      this.stickyBytesLeft = this.stickyBytes
    }
    return this.sticky
  }

  private ask(custom: Partitioner, key: Uint8Array | string | null, value: Uint8Array | string | null, partitions: number): number {
    let partition: unknown
    try {
      partition = custom({ topic: this.topic, key: asBytes(key), value: asBytes(value) }, partitions)
    } catch (cause) {
      throw new KafkaliteError('INVALID_ARGUMENT', `The partitioner failed for a record of topic ${this.topic}`, { cause })
    }
    if (Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) < partitions) return partition as number
    throw new KafkaliteError(
      'INVALID_ARGUMENT',
      `The partitioner must answer a whole number from 0 to ${partitions - 1} for topic ${this.topic}, not ${describe(partition)}`,
    )
  }
}

function asBytes(content: Uint8Array | string | null): Uint8Array | null {
  return typeof content === 'string' ? encodeUtf8(content) : content
}
