// The notation in which messages are written down, one field a line, and what it means:
//
//   name type versions [null:versions] [default:value] [tag:number/versions] [ignorable]
//
// Versions are `3`, `3-13` or `3+`. A type in capitals, or an array of one, is a struct; its fields follow, indented by two spaces.
// The lines are read when a message is used for the first time, so that loading the whole protocol is loading a few strings.

import { assert } from '../lib/assert.js'

/** First and last version, both included. */
export interface VersionRange {
  readonly first: number
  readonly last: number
}

export interface Field {
  readonly name: string
  /** `int32`, `string`, `struct`, ...; of an array the type of its elements. */
  readonly type: string
  readonly isArray: boolean
  readonly versions: VersionRange
  /** Where null is allowed. */
  readonly nullable: VersionRange
  /** The written default: '' when there is none, 'null' for null. */
  readonly defaultText: string
  /** The tag and where the field moves to the tagged section. */
  readonly tag: number
  readonly tagged: VersionRange
  /** Whether it is dropped without a word in versions that lack it. */
  readonly ignorable: boolean
  /** Of a struct. */
  readonly fields: readonly Field[]
}

export const NO_VERSION: VersionRange = { first: 0, last: -1 }

export function parseRange(text: string): VersionRange {
  if (text === 'none') return NO_VERSION
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  assert(match !== null, `"${text}" is a range of versions`)
  const first = Number(match[1])
  return { first, last: match[2] === '+' ? 32_767 : match[3] === undefined ? first : Number(match[3]) }
}

export function isWithin(range: VersionRange, version: number): boolean {
  return version >= range.first && version <= range.last
}

const INDENT = 2

/** The fields of a message that is written down as `text`. */
export function parseFields(text: string): readonly Field[] {
  const root: Field[] = []
  const open: Field[][] = [root]
  for (const line of text.split('\n')) {
    const words = line.trim()
    if (words === '') continue
    const depth = (line.length - line.trimStart().length) / INDENT - 1
    const siblings = open[depth]
    assert(siblings !== undefined, `"${line}" is indented as a field of a struct`)
    const children: Field[] = []
    siblings.push(parseField(words, children))
    open.length = depth + 1
    open.push(children)
  }
  return root
}

function parseField(line: string, fields: readonly Field[]): Field {
  const [name, type, versions, ...options] = line.split(' ')
  assert(name !== undefined && type !== undefined && versions !== undefined, `"${line}" has a name, a type and versions`)
  const option = (key: string): string | undefined => options.find((word) => word.startsWith(`${key}:`))?.slice(key.length + 1)
  const isArray = type.startsWith('[]')
  const element = isArray ? type.slice(2) : type
  const [tag, tagged] = option('tag')?.split('/') ?? []
  return {
    name,
    type: /^[A-Z]/.test(element) ? 'struct' : element,
    isArray,
    versions: parseRange(versions),
    nullable: parseRange(option('null') ?? 'none'),
    defaultText: option('default') ?? '',
    tag: tag === undefined ? -1 : Number(tag),
    tagged: parseRange(tagged ?? 'none'),
    ignorable: options.includes('ignorable'),
    fields,
  }
}
