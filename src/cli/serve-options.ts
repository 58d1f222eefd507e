// The arguments of `kafkalite serve` as the options of a broker and its listeners.

import { parseArgs } from 'node:util'
import { KafkaliteError } from '../errors.js'
import { nearestWord } from '../lib/nearest-word.js'
import { type ParsedBrokerConfigs, parseBrokerConfigs } from '../server/broker-configs.js'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ServeOptions {
  readonly listen: readonly Address[]
  readonly advertised: Address | undefined
  readonly allowAnonymous: boolean
  /** undefined: in memory. */
  readonly data: string | undefined
  readonly flush: string | undefined
  readonly topics: readonly { readonly name: string; readonly partitions: number | undefined }[]
  readonly configs: ParsedBrokerConfigs
}

const OPTIONS = {
  listen: { type: 'string', multiple: true },
  advertise: { type: 'string' },
  'allow-anonymous': { type: 'boolean' },
  data: { type: 'string' },
  flush: { type: 'string' },
  topic: { type: 'string', multiple: true },
  'auto-create': { type: 'boolean' },
  set: { type: 'string', multiple: true },
} as const
const DEFAULT_ADDRESS: Address = { host: '127.0.0.1', port: 9092 }
const PORT_MAX = 65_535

/** INVALID_ARGUMENT, INVALID_CONFIG. */
export function parseServeOptions(args: readonly string[]): ServeOptions {
  const { values } = parsed(args)
  const configs = parseBrokerConfigs((values.set ?? []).map(parseSetting))
  const { 'auto-create': autoCreate } = values
  return {
    listen: values.listen?.map((text) => parseAddress(text, '--listen')) ?? [DEFAULT_ADDRESS],
    advertised: values.advertise === undefined ? undefined : parseAddress(values.advertise, '--advertise'),
    allowAnonymous: values['allow-anonymous'] === true,
    data: values.data,
    flush: values.flush,
    topics: (values.topic ?? []).map(parseTopic),
    configs: autoCreate === undefined ? configs : { ...configs, broker: { ...configs.broker, autoCreateTopics: autoCreate } },
  }
}

function parsed(args: readonly string[]) {
  const names = Object.keys(OPTIONS)
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1]
    if (name === undefined || names.includes(name) || name === 'no-auto-create') continue
    const nearest = nearestWord(name, names)
    throw wrong(`serve has no option --${name}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`)
  }
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowNegative: true, strict: true })
  } catch (error) {
    throw wrong(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error))
  }
}

/** host:port, [address of IPv6]:port, or a port alone. */
function parseAddress(text: string, option: string): Address {
  const match = /^(?:(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]*)):)?(?<port>\d+)$/.exec(text)
  const port = Number(match?.groups?.port)
  if (match === null || port > PORT_MAX) throw wrong(`${option} takes HOST:PORT with a port from 0 to ${PORT_MAX}, not "${text}"`)
  return { host: match.groups?.v6 || match.groups?.host || DEFAULT_ADDRESS.host, port }
}

function parseTopic(text: string): { readonly name: string; readonly partitions: number | undefined } {
  const [name = '', partitions, ...more] = text.split(':')
  if (more.length > 0 || (partitions !== undefined && !/^[1-9]\d*$/.test(partitions)))
    throw wrong(`--topic takes NAME or NAME:PARTITIONS, not "${text}"`)
  return { name, partitions: partitions === undefined ? undefined : Number(partitions) }
}

function parseSetting(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw wrong(`--set takes NAME=VALUE, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function wrong(message: string): KafkaliteError {
  return new KafkaliteError('INVALID_ARGUMENT', message)
}
