// Every change that is tried on a data folder: one bit of every byte of every file, and every length that a file can be cut to. What the
// folder then says is what was written, or an error, or, in the few places that no checksum covers, another thing, which is named here.

import { KafkaliteError } from '../../../src/errors.js'
import type { FaultyFileSystem } from '../../../src/testing/faulty-file-system.js'
import { FOLDER, everything } from './folder.js'

export interface Change {
  readonly file: string
  readonly kind: 'flip' | 'cut'
  readonly position: number
}

/** What came of a change: nothing, an error, or what is neither. */
export interface Outcome {
  readonly result: 'same' | 'error' | 'other'
  readonly words: string
}

/** Turns of the event loop, with nothing slow about the disk, after which what is not over never will be. */
const TURNS_MAX = 3000

function files(disk: FaultyFileSystem, folder = FOLDER): string[] {
  return disk.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`
    return disk.list(path).length > 0 ? files(disk, path) : [path]
  })
}

/** All changes; behind the last byte that is not zero there is only room that was set ahead. */
export function changesOf(dead: FaultyFileSystem): Change[] {
  const disk = dead.crash('process')
  return files(disk).flatMap((file) => {
    const bytes = disk.readWhole(file) ?? new Uint8Array(0)
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1
    return Array.from({ length: used }, (_, position) => [
      { file, kind: 'flip' as const, position },
      { file, kind: 'cut' as const, position },
    ]).flat()
  })
}

function apply(disk: FaultyFileSystem, { file, kind, position }: Change): void {
  const open = disk.open(file, 'open')
  if (kind === 'cut') open.truncate(position)
  else {
    const byte = new Uint8Array(1)
    open.read(byte, 0, 1, position)
    byte[0] = (byte[0] as number) ^ (1 << ((position * 5) % 8))
    open.write(byte, 0, 1, position)
  }
  open.close()
}

/** `disk` stays as it is. */
export async function outcomeOf(disk: FaultyFileSystem, change: Change, before: string): Promise<Outcome> {
  const copy = disk.crash('process')
  apply(copy, change)
  try {
    const words = await orNever(everything(copy))
    return { result: words === before ? 'same' : 'other', words }
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return { result: 'error', words: `${error.code}: ${error.message}` }
  }
}

async function orNever(work: Promise<string>): Promise<string> {
  let isOver = false
  const watched = work.finally(() => {
    isOver = true
  })
  watched.catch(() => undefined)
  for (let turns = 0; !isOver; turns++) {
    if (turns > TURNS_MAX) return 'a reader waits for what is gone'
    await new Promise((resolve) => setImmediate(resolve))
  }
  return watched
}

/** Where each batch of a segment begins. */
function bordersOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const borders: number[] = []
  for (let at = 0; at + LENGTH_AT + 4 <= bytes.length; at += view.getInt32(at + LENGTH_AT) + LENGTH_AT + 4) borders.push(at)
  return borders
}

/** Bytes before the length of a batch: its base offset, which Kafka's checksum does not cover. */
const LENGTH_AT = 8

/** What nobody can see. */
export const UNSEEN = {
  cut: 'a segment that is finished, cut between two batches',
  hole: 'a base offset beside a hole that compaction left',
  end: 'the base offset of the last batch, after a crash',
} as const

/** What nobody can see, by name; null for a change that must be seen or do no harm. */
export function blindSpot(dead: FaultyFileSystem, { file, kind, position }: Change, isClean: boolean): string | null {
  if (!file.endsWith('.log')) return null
  const disk = dead.crash('process')
  const borders = bordersOf(disk.readWhole(file) ?? new Uint8Array(0))
  const name = file.slice(file.lastIndexOf('/') + 1)
  const segments = disk.list(file.slice(0, -name.length - 1)).filter((other) => other.endsWith('.log'))
  const isLast = segments.every((other) => other <= name)
  if (kind === 'cut') return !isLast && borders.includes(position) ? UNSEEN.cut : null
  const border = borders.findLast((at) => at <= position) ?? 0
  if (position - border >= LENGTH_AT) return null
  if (isLast && border === borders.at(-1)) return isClean ? null : UNSEEN.end
  return file.includes('/kept-') ? UNSEEN.hole : null
}
