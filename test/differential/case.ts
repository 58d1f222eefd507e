// What a case is: a name, requests sent to a broker whoever made it, and where kafkalite answers otherwise on purpose. A difference that
// is none any more fails as much as one that nobody has written down, so the table of them in docs/differences.md is what is so.
import type { Subject } from './subject.js'
import type { Json, Transcript } from './transcript.js'

export interface Difference {
  /** A sentence for the page. */
  readonly why: string
  /** Of a broker in memory alone; on files it is not there. */
  readonly isInMemory?: boolean
  /** What kafkalite has, by the label of the request and the way to the field: `label/topics/0/errorCode`. */
  readonly ours: Readonly<Record<string, Json>>
}

export interface Case {
  readonly name: string
  readonly run: (on: Subject) => Promise<void>
  readonly differs?: readonly Difference[]
  /** What has to be offered; until it is, the case counts as one that is not there. */
  readonly needs?: readonly (readonly [request: { readonly key: number }, version: number])[]
}

/** The cases of one file of answers. */
export interface CaseGroup {
  /** Names the file. */
  readonly name: string
  readonly cases: readonly Case[]
}

export interface Answers {
  /** The version of Apache Kafka that gave them. */
  readonly kafka: string
  readonly cases: Readonly<Record<string, Transcript>>
}

const isNode = (value: Json | undefined): value is { readonly [name: string]: Json } => typeof value === 'object' && value !== null

/** One field in which two answers differ; a list of another length is one, too. */
export interface Found {
  readonly at: string
  readonly kafka: Json
  readonly ours: Json
}

/** Every field in which two transcripts differ; what one of them lacks is null. */
export function differencesOf(kafka: Json | undefined, ours: Json | undefined, at = ''): readonly Found[] {
  const isSameKind = Array.isArray(kafka) === Array.isArray(ours)
  const isOtherLength = Array.isArray(kafka) && Array.isArray(ours) && kafka.length !== ours.length
  if (!isNode(kafka) || !isNode(ours) || !isSameKind || isOtherLength) {
    const isSame = kafka === ours || (Array.isArray(kafka) && Array.isArray(ours) && !isOtherLength)
    return isSame ? [] : [{ at, kafka: kafka ?? null, ours: ours ?? null }]
  }
  const steps = new Set([...Object.keys(kafka), ...Object.keys(ours)])
  return [...steps].flatMap((step) => differencesOf(kafka[step], ours[step], at === '' ? step : `${at}/${step}`))
}

/** What is at the end of the way; undefined when there is nothing. */
export function valueAt(transcript: Transcript, at: string): Json | undefined {
  return at.split('/').reduce<Json | undefined>((value, step) => (isNode(value) ? value[step] : undefined), transcript)
}
