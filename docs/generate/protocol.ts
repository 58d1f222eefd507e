// src/protocol/messages/*.ts and src/protocol/apis.ts: Kafka's message schemas (src/protocol/schema, facts from Apache Kafka 4.4) as
// TypeScript types and as the compact notation of src/protocol/schema.ts, one file per API with request and response.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from './page.js'

interface SchemaField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean
  readonly ignorable?: boolean
  readonly fields?: readonly SchemaField[]
}

interface SchemaMessage {
  readonly apiKey: number
  readonly type: 'request' | 'response' | 'header'
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly SchemaField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly SchemaField[] }[]
}

const FOLDER = fileURLToPath(new URL('../../src/protocol/schema/', import.meta.url))

const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
const kebab = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

function readMessages(): SchemaMessage[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(FOLDER + name, 'utf8')) as SchemaMessage)
    .filter(({ type }) => type !== 'header')
}

/** Structs that are written down once and named in several places are put where they are named. */
function fieldsOf(field: SchemaField, message: SchemaMessage): readonly SchemaField[] | undefined {
  const element = field.type.replace('[]', '')
  if (!/^[A-Z]/.test(element)) return undefined
  return field.fields ?? message.commonStructs?.find(({ name }) => name === element)?.fields ?? []
}

const SCALARS: Readonly<Record<string, string>> = {
  bool: 'boolean',
  string: 'string',
  uuid: 'string',
  bytes: 'Uint8Array',
  records: 'Uint8Array',
}

function typeOf(field: SchemaField, message: SchemaMessage, indent: string): string {
  const fields = fieldsOf(field, message)
  const element = field.type.replace('[]', '')
  const single = fields === undefined ? (SCALARS[element] ?? 'number') : structType(fields, message, indent)
  const type = field.type.startsWith('[]') ? `readonly ${single}[]` : single
  return field.nullableVersions === undefined && field.default !== 'null' ? type : `${type} | null`
}

function structType(fields: readonly SchemaField[], message: SchemaMessage, indent: string): string {
  const inner = `${indent}  `
  const lines = fields.map((field) => `${inner}readonly ${camel(field.name)}: ${typeOf(field, message, inner)}`)
  return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('\n')}\n${indent}}`
}

function notation(fields: readonly SchemaField[], message: SchemaMessage, indent: string): string[] {
  return fields.flatMap((field) => {
    const words = [camel(field.name), field.type, field.versions]
    if (field.nullableVersions !== undefined) words.push(`null:${field.nullableVersions}`)
    if (field.default !== undefined && field.default !== '') words.push(`default:${field.default}`)
    if (field.tag !== undefined) words.push(`tag:${field.tag}/${field.taggedVersions}`)
    if (field.ignorable) words.push('ignorable')
    return [indent + words.join(' '), ...notation(fieldsOf(field, message) ?? [], message, `${indent}  `)]
  })
}

function renderMessage(message: SchemaMessage): string {
  const { name, apiKey, validVersions, flexibleVersions, fields } = message
  const type =
    fields.length === 0 ? `export type ${name} = Record<string, never>` : `export interface ${name} ${structType(fields, message, '')}`
  const lines = notation(fields, message, '  ')
  const body = lines.length === 0 ? "''" : `\`\n${lines.join('\n')}\n\``
  const head = `export const ${camel(name)} = new Message<${name}>(`
  return `${type}\n\n${head}'${name}', ${apiKey}, '${validVersions}', '${flexibleVersions}', ${body})\n`
}

interface Api {
  readonly key: number
  readonly name: string
  readonly file: string
  readonly request: SchemaMessage
  readonly response: SchemaMessage
}

function apis(): Api[] {
  const messages = readMessages()
  return messages
    .filter(({ type }) => type === 'request')
    .map((request): Api => {
      const response = messages.find(({ type, apiKey }) => type === 'response' && apiKey === request.apiKey)
      if (response === undefined) throw new Error(`${request.name} has no response`)
      const name = request.name.replace(/Request$/, '')
      return { key: request.apiKey, name, file: `${String(request.apiKey).padStart(2, '0')}-${kebab(name)}`, request, response }
    })
    .sort((a, b) => a.key - b.key)
}

function renderApi({ key, name, request, response }: Api): string {
  return `// Generated from src/protocol/schema by npm run tables: request and response of ${name} (key ${key}), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

${renderMessage(request)}
${renderMessage(response)}`
}

function renderIndex(all: readonly Api[]): string {
  const imports = all.map(
    ({ file, request, response }) => `import { ${camel(request.name)}, ${camel(response.name)} } from './messages/${file}.js'`,
  )
  const rows = all.map(
    ({ key, name, request, response }) =>
      `  [${key}, { name: '${name}', request: ${camel(request.name)}, response: ${camel(response.name)} }],`,
  )
  return `// Generated from src/protocol/schema by npm run tables: every API of the protocol that is known here, by its key.

${imports.join('\n')}
import type { Message } from './message.js'

export interface Api {
  /** Kafka's name of it. */
  readonly name: string
  readonly request: Message<unknown>
  readonly response: Message<unknown>
}

export const APIS: ReadonlyMap<number, Api> = new Map<number, Api>([
${rows.join('\n')}
])
`
}

export function protocolPages(): Page[] {
  const all = apis()
  return [
    ...all.map((api): Page => ({ file: `src/protocol/messages/${api.file}.ts`, render: () => renderApi(api) })),
    { file: 'src/protocol/apis.ts', render: () => renderIndex(all) },
  ]
}
