// What Kafka's .snapshot has no room for, in a file of ours beside it, `<offset>.producers`: when each producer was last heard of, the
// four batches before its last one (a client that repeats any of its five must be told so, also after a restart), and witnesses of the
// transaction indexes, which have no checksum. It belongs to one .snapshot, whose checksum it names; without it that one counts alone.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../../lib/bytes.js'
import { crc32c } from '../../lib/crc32c.js'
import type { AbortedRange, ProducerState, SentBatch } from '../log-producers.js'
import { encodeAborted } from './aborted-index.js'

/** "KLPRODU1": the version is in the name of the format. */
const MAGIC = [0x4b4c5052, 0x4f445531] as const
const HEADER_BYTES = 32
const WITNESS_BYTES = 16
const PRODUCER_BYTES = 20
const BATCH_BYTES = 32

/** How many transactions whose marker lies from `from` up to the next witness were aborted, and a checksum of their entries. */
export interface AbortedWitness {
  readonly from: number
  readonly count: number
  readonly crc: number
}

export interface ProducerMemory {
  /** Of the .snapshot that it belongs to. */
  readonly snapshotCrc: number
  /** Below it the witnesses know nothing. */
  readonly startOffset: number
  readonly witnesses: readonly AbortedWitness[]
  readonly producers: ReadonlyMap<number, { readonly lastMs: number; readonly earlier: readonly SentBatch[] }>
}

/** One witness for each segment. `bases` and `aborted` are in order. */
export function witnessesOf(bases: readonly number[], aborted: readonly AbortedRange[]): AbortedWitness[] {
  let at = 0
  return bases.map((from, n) => {
    const end = bases[n + 1] ?? Number.POSITIVE_INFINITY
    const first = at
    while (at < aborted.length && (aborted[at] as AbortedRange).lastOffset < end) at++
    const ranges = aborted.slice(first, at)
    return { from, count: ranges.length, crc: crc32c(encodeAborted(ranges)) | 0 }
  })
}

/** Whether the indexes say what they said then. Segments that were removed meanwhile are not asked for. */
export function isWitnessed({ startOffset, witnesses }: ProducerMemory, firstBase: number, aborted: readonly AbortedRange[]): boolean {
  const there = witnesses.filter((_, n) => (witnesses[n + 1]?.from ?? Number.POSITIVE_INFINITY) > firstBase)
  const known = aborted.filter(({ lastOffset }) => lastOffset >= startOffset && lastOffset >= (there[0]?.from ?? 0))
  const now = witnessesOf(
    there.map(({ from }) => from),
    known,
  )
  return there.every(({ count, crc }, n) => count === now[n]?.count && crc === now[n]?.crc)
}

export function encodeMemory(
  snapshotCrc: number,
  startOffset: number,
  witnesses: readonly AbortedWitness[],
  producers: readonly ProducerState[],
): Uint8Array {
  let batches = 0
  for (const producer of producers) batches += Math.max(0, producer.batches.length - 1)
  const bytes = new Uint8Array(HEADER_BYTES + witnesses.length * WITNESS_BYTES + producers.length * PRODUCER_BYTES + batches * BATCH_BYTES)
  writeInt32(bytes, 0, MAGIC[0])
  writeInt32(bytes, 4, MAGIC[1])
  writeInt32(bytes, 12, snapshotCrc)
  writeInt64(bytes, 16, startOffset)
  writeInt32(bytes, 24, witnesses.length)
  writeInt32(bytes, 28, producers.length)
  let at = HEADER_BYTES
  for (const { from, count, crc } of witnesses) {
    writeInt64(bytes, at, from)
    writeInt32(bytes, at + 8, count)
    writeInt32(bytes, at + 12, crc)
    at += WITNESS_BYTES
  }
  for (const producer of producers) at = writeProducer(bytes, at, producer)
  writeInt32(bytes, 8, crc32c(bytes, 12))
  return bytes
}

function writeProducer(bytes: Uint8Array, from: number, { producerId, lastMs, batches }: ProducerState): number {
  const earlier = batches.slice(0, -1)
  writeInt64(bytes, from, producerId)
  writeInt64(bytes, from + 8, lastMs)
  writeInt32(bytes, from + 16, earlier.length)
  let at = from + PRODUCER_BYTES
  for (const { baseSequence, lastSequence, baseOffset, lastOffset, timestamp } of earlier) {
    writeInt32(bytes, at, baseSequence)
    writeInt32(bytes, at + 4, lastSequence)
    writeInt64(bytes, at + 8, baseOffset)
    writeInt64(bytes, at + 16, lastOffset)
    writeInt64(bytes, at + 24, timestamp)
    at += BATCH_BYTES
  }
  return at
}

/** What the file says; null when it is damaged. */
export function decodeMemory(file: Uint8Array): ProducerMemory | null {
  if (file.length < HEADER_BYTES || readInt32(file, 0) !== MAGIC[0] || readInt32(file, 4) !== MAGIC[1]) return null
  if (readInt32(file, 8) !== (crc32c(file, 12) | 0)) return null
  const witnesses: AbortedWitness[] = []
  let at = HEADER_BYTES
  for (let left = readInt32(file, 24); left > 0; left--, at += WITNESS_BYTES)
    witnesses.push({ from: readInt64(file, at), count: readInt32(file, at + 8), crc: readInt32(file, at + 12) })
  const producers = new Map<number, { lastMs: number; earlier: SentBatch[] }>()
  for (let left = readInt32(file, 28); left > 0; left--) {
    const earlier: SentBatch[] = []
    producers.set(readInt64(file, at), { lastMs: readInt64(file, at + 8), earlier })
    let batches = readInt32(file, at + 16)
    for (at += PRODUCER_BYTES; batches > 0; batches--, at += BATCH_BYTES) {
      earlier.push({
        baseSequence: readInt32(file, at),
        lastSequence: readInt32(file, at + 4),
        baseOffset: readInt64(file, at + 8),
        lastOffset: readInt64(file, at + 16),
        timestamp: readInt64(file, at + 24),
      })
    }
  }
  return { snapshotCrc: readInt32(file, 12), startOffset: readInt64(file, 16), witnesses, producers }
}

/** The states of a .snapshot with what else was remembered of them. */
export function withMemory(states: readonly ProducerState[], { producers }: ProducerMemory): ProducerState[] {
  return states.map((state) => {
    const more = producers.get(state.producerId)
    return more === undefined ? state : { ...state, lastMs: more.lastMs, batches: [...more.earlier, ...state.batches] }
  })
}
