// The arguments of `kafkalite serve` as the options of a broker and its listeners.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { KafkaliteError } from '../errors.js'
import { nearestWord } from '../lib/nearest-word.js'
import { type ParsedBrokerConfigs, parseBrokerConfigs } from '../server/broker-configs.js'
import { asksWho, isLoopback, type ListenOptions, type SaslMechanism } from '../server/listen-options.js'

export interface Address {
  readonly host: string
  readonly port: number
}

/** What a listener is told of who may connect and how it is encrypted. */
export type Security = Pick<ListenOptions, 'sasl' | 'tls' | 'allowAnonymous'>

export interface ServeOptions {
  readonly listen: readonly Address[]
  readonly advertised: Address | undefined
  readonly security: Security
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
  users: { type: 'string' },
  mechanisms: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string' },
  data: { type: 'string' },
  flush: { type: 'string' },
  topic: { type: 'string', multiple: true },
  'auto-create': { type: 'boolean' },
  set: { type: 'string', multiple: true },
} as const
const DEFAULT_ADDRESS: Address = { host: '127.0.0.1', port: 9092 }
const PORT_MAX = 65_535
/** Where users may stand instead of in a file; anybody may read the arguments of a process, only its owner the environment. */
const USERS_VARIABLE = 'KAFKALITE_USERS'

/** INVALID_ARGUMENT, INVALID_CONFIG. `environment` may hold the users. */
export function parseServeOptions(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): ServeOptions {
  const { values } = parsed(args)
  const configs = parseBrokerConfigs((values.set ?? []).map(parseSetting))
  const { 'auto-create': autoCreate } = values
  const listen = values.listen?.map((text) => parseAddress(text, '--listen')) ?? [DEFAULT_ADDRESS]
  const security = securityOf(values, environment)
  const open = security.allowAnonymous === true || asksWho(security) ? undefined : listen.find(({ host }) => !isLoopback(host))
  if (open !== undefined)
    throw wrong(
      `anybody who reaches ${open.host} could read and change everything, because nothing asks who connects; give --users FILE, or --tls-ca FILE, or, if that is wanted, --allow-anonymous`,
    )
  return {
    listen,
    advertised: values.advertise === undefined ? undefined : parseAddress(values.advertise, '--advertise'),
    security,
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

interface SecurityArguments {
  readonly users?: string | undefined
  readonly mechanisms?: string | undefined
  readonly 'tls-cert'?: string | undefined
  readonly 'tls-key'?: string | undefined
  readonly 'tls-ca'?: string | undefined
  readonly 'allow-anonymous'?: boolean | undefined
}

function securityOf(given: SecurityArguments, environment: Readonly<Record<string, string | undefined>>): Security {
  const { mechanisms, 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca, 'allow-anonymous': allowAnonymous } = given
  const inEnvironment = environment[USERS_VARIABLE]
  const users =
    given.users !== undefined
      ? parseUsers(fileOf('--users', given.users), `file ${given.users}`)
      : inEnvironment === undefined
        ? undefined
        : parseUsers(inEnvironment, `variable ${USERS_VARIABLE}`)
  if (mechanisms !== undefined && users === undefined) throw wrong('--mechanisms is for --users FILE, which is not given')
  if ((cert === undefined) !== (key === undefined) || (ca !== undefined && cert === undefined))
    throw wrong('TLS takes --tls-cert FILE and --tls-key FILE together; --tls-ca FILE is for both of them')
  return {
    allowAnonymous,
    ...(users !== undefined && { sasl: { users, mechanisms: parseMechanisms(mechanisms) } }),
    ...(cert !== undefined &&
      key !== undefined && {
        tls: {
          cert: fileOf('--tls-cert', cert),
          key: fileOf('--tls-key', key),
          ...(ca !== undefined && { ca: fileOf('--tls-ca', ca), requestCert: true }),
        },
      }),
  }
}

function fileOf(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KafkaliteError('INVALID_ARGUMENT', `${option} cannot be read`, { cause })
  }
}

/** NAME:PASSWORD in each line. What is wrong is told by its line, never by its words: they may be a secret. */
function parseUsers(text: string, source: string): Readonly<Record<string, string>> {
  const users: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line.trim() === '' || line.startsWith('#')) continue
    const at = line.indexOf(':')
    if (at < 1 || at === line.length - 1) throw wrong(`line ${index + 1} of the ${source} is not NAME:PASSWORD`)
    users[line.slice(0, at)] = line.slice(at + 1)
  }
  if (Object.keys(users).length === 0) throw wrong(`the ${source} names no users; it takes NAME:PASSWORD in each line`)
  return users
}

function parseMechanisms(text: string | undefined): readonly SaslMechanism[] | undefined {
  return text?.split(',').map((word) => word.trim().toUpperCase() as SaslMechanism)
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
