// kafka-dump-log (org.apache.kafka.tools.DumpLogSegments) over the files of one log, and its output in parts. A line that is none of those known
// to say that all is well is a complaint, whatever its words.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { java } from './tools.js'

export interface DumpedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headerNames: readonly string[]
}

export interface DumpedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly codec: string
  readonly isControl: boolean
  readonly isTransactional: boolean
}

export interface Dump {
  /** What snapshots say of producers, and indexes of aborted transactions, in the tool's words. */
  readonly producers: readonly string[]
  readonly records: readonly DumpedRecord[]
  readonly batches: readonly DumpedBatch[]
  readonly indexEntries: number
  /** Markers of transactions, in words: `COMMIT 8`, `ABORT 12`. */
  readonly markers: readonly string[]
  /** Offsets of one batch that follow each other and are not neighbours, which compaction leaves behind: `6 follows 2`. */
  readonly gaps: readonly string[]
  readonly complaints: readonly string[]
}

const BATCH =
  /^baseOffset: (\d+) lastOffset: (\d+) count: (\d+) .* isTransactional: (\w+) isControl: (\w+) .* magic: 2 compresscodec: (\w+) crc: \d+ isvalid: true$/
const RECORD =
  /^\| offset: (\d+) (?:CreateTime|LogAppendTime): (-?\d+) keySize: (-?\d+) valueSize: (-?\d+) sequence: -?\d+ headerKeys: \[(.*?)\](?: key: (.*?))?(?: payload: (.*))?$/
const MARKER = /^\| offset: (\d+) .* endTxnMarker: (\w+) coordinatorEpoch: \d+$/
const INDEX_ENTRY = /^(offset: \d+ position: \d+|timestamp: \d+ offset: \d+)$/
const GAP = /^\s*(\d+) is followed by (\d+)$/
const PRODUCER =
  /^producerId: \d+ producerEpoch: \d+ coordinatorEpoch: -?\d+ currentTxnFirstOffset: \S+ lastTimestamp: -?\d+ ?(firstSequence: \d+ lastSequence: \d+ lastOffset: \d+ offsetDelta: \d+ timestamp: -?\d+)?$/
const ABORTED = /^version: 0 producerId: \d+ firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/
/** A log shorter than 4 kB has an index without entries, Kafka's own too. */
const FINE = /^(Dumping .*|Log starting offset: \d+|.* passed sanity check\.|.*\.index is empty\.|Non-consecutive offsets in .*|)$/

/** The endings that the tool knows. */
const ENDINGS = ['.log', '.index', '.timeindex', '.txnindex', '.snapshot']

export function filesOf(folder: string, endings: readonly string[] = ENDINGS): string[] {
  return readdirSync(folder)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .sort()
    .map((name) => join(folder, name))
}

export interface DumpOptions {
  readonly endings?: readonly string[]
  /** Whether keys and values are printed, as text. Without them they are empty where they are not null. */
  readonly contents?: boolean
}

/** Everything the tool says of the files of a log, its contents and its indexes held against them. */
export async function dumpLog(tools: string, folder: string, options: DumpOptions = {}): Promise<Dump> {
  const { endings = ENDINGS, contents = true } = options
  const files = filesOf(folder, endings).join(',')
  const printing = contents ? ['--print-data-log'] : []
  return parse(await java(tools, 'org.apache.kafka.tools.DumpLogSegments', ['--deep-iteration', ...printing, '--files', files]))
}

/** What the broker asks of its indexes at start; its complaints. */
export async function checkIndexes(tools: string, folder: string): Promise<readonly string[]> {
  const files = filesOf(folder, ['.index', '.timeindex'])
  if (files.length === 0) return []
  return parse(await java(tools, 'org.apache.kafka.tools.DumpLogSegments', ['--index-sanity-check', '--files', files.join(',')])).complaints
}

function parse(printed: string): Dump {
  const records: DumpedRecord[] = []
  const batches: DumpedBatch[] = []
  const markers: string[] = []
  const gaps: string[] = []
  const producers: string[] = []
  const complaints: string[] = []
  let indexEntries = 0
  for (const line of printed.split('\n')) {
    const batch = BATCH.exec(line)
    const marker = MARKER.exec(line)
    const record = RECORD.exec(line)
    const gap = GAP.exec(line)
    if (batch !== null) batches.push(batchOf(batch))
    else if (marker !== null) markers.push(`${marker[2]} ${marker[1]}`)
    else if (record !== null) records.push(recordOf(record))
    else if (gap !== null) gaps.push(`${gap[2]} follows ${gap[1]}`)
    else if (INDEX_ENTRY.test(line)) indexEntries++
    else if (PRODUCER.test(line) || ABORTED.test(line)) producers.push(line)
    else if (!FINE.test(line)) complaints.push(line)
  }
  return { producers, records, batches, indexEntries, markers, gaps, complaints }
}

function batchOf([, base, last, count, transactional, control, codec = '']: RegExpExecArray): DumpedBatch {
  return {
    baseOffset: Number(base),
    lastOffset: Number(last),
    count: Number(count),
    codec,
    isControl: control === 'true',
    isTransactional: transactional === 'true',
  }
}

function recordOf([, offset, timestamp, keySize, valueSize, headers = '', key = '', value = '']: RegExpExecArray): DumpedRecord {
  return {
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: keySize === '-1' ? null : key,
    value: valueSize === '-1' ? null : value,
    headerNames: headers === '' ? [] : headers.split(','),
  }
}
