// A port that Kafka's clients connect to. It is bound to loopback unless told otherwise, because nothing asks who connects.

import { createServer, type Server, type Socket } from 'node:net'
import type { createServer as CreateTlsServer, TLSSocket, TlsOptions as NodeTlsOptions } from 'node:tls'
import { describe, KafkaliteError } from '../errors.js'
import type { Cluster } from '../core/cluster.js'
import { Access, type AclStore } from './access/access-control.js'
import type { Authentication } from './authentication.js'
import type { ScramStore } from './scram-store.js'
import { BrokerView } from './broker-view.js'
import { Connection } from './connection.js'
import { RequestRoom } from './request-room.js'
import {
  type Listener,
  type ListenerSettings,
  type ListenOptions,
  type AclsOptions,
  asksWho,
  isLoopback,
  LISTENER_DEFAULTS,
  type SaslMechanism,
  type SaslOptions,
} from './listen-options.js'

const PORT_MAX = 65_535
/** What requests of more than a megabyte may take together while they come and are answered. */
const LARGE_REQUESTS_BYTES = 268_435_456
const views = new WeakMap<Cluster, Promise<BrokerView>>()

/** Resolves when clients can connect. NOT_SUPPORTED, INVALID_ARGUMENT, LISTEN_FAILED (the port is taken, or may not be had). */
export async function listen(cluster: Cluster, options: ListenOptions = {}): Promise<Listener> {
  checkListenOptions(options)
  const view = views.get(cluster) ?? BrokerView.open(cluster)
  views.set(cluster, view)
  // What is not asked for is not loaded: TLS and cryptography take as long to load as all of the protocol.
  const createTlsServer = options.tls === undefined ? null : (await import('node:tls')).createServer
  const Asking = options.sasl === undefined ? null : (await import('./authentication.js')).Authentication
  const acls = options.acls === undefined ? null : await (await view).acls()
  const users = options.sasl === undefined ? null : await (await view).scram()
  const listener = new TcpListener(await view, options, createTlsServer, Asking, users, acls)
  await listener.open()
  return listener
}

class TcpListener implements Listener {
  host = ''
  port = 0
  private readonly server: Server
  private readonly connections = new Set<Connection>()
  /** How many of them come from each address. */
  private readonly connectionsFrom = new Map<string, number>()
  readonly closed: Promise<void>
  private isClosing = false
  private readonly settings: ListenerSettings
  private readonly room: RequestRoom

  constructor(
    private readonly view: BrokerView,
    private readonly options: ListenOptions,
    createTlsServer: typeof CreateTlsServer | null,
    private readonly Asking: typeof Authentication | null,
    private readonly users: ScramStore | null,
    private readonly acls: AclStore | null,
  ) {
    const { maxConnections, maxConnectionsPerIp, maxRequestBytes, connectionsMaxIdleMs, connectionsMaxReauthMs } = options
    const given = { maxConnections, maxConnectionsPerIp, maxRequestBytes, connectionsMaxIdleMs, connectionsMaxReauthMs }
    this.settings = resolveListenerSettings(given)
    this.room = new RequestRoom(view.cluster.clock, LARGE_REQUESTS_BYTES)
    const { tls } = options
    const accept = (socket: Socket): void => this.accept(socket)
    this.server =
      createTlsServer === null
        ? createServer({ noDelay: true, allowHalfOpen: true }, accept)
        : tlsServer(createTlsServer, tls as NodeTlsOptions, accept)
    this.closed = new Promise((resolve) => this.server.once('close', resolve))
  }

  get address(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`
  }

  open(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.options
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause) => reject(new KafkaliteError('LISTEN_FAILED', `Cannot listen on ${host}:${port}`, { cause })))
      this.server.listen({ host, port }, () => {
        const bound = this.server.address()
        this.host = host
        this.port = typeof bound === 'object' && bound !== null ? bound.port : port
        this.server.removeAllListeners('error')
        this.server.on('error', (error) => this.report(error))
        resolve()
      })
    })
  }

  close(options?: { readonly drain?: boolean | undefined }): Promise<void> {
    if (!this.isClosing) this.server.close()
    this.isClosing = true
    for (const connection of [...this.connections]) {
      if (options?.drain === true) connection.endSoon()
      else connection.destroy()
    }
    return this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private accept(socket: Socket): void {
    const { settings: listening } = this
    const address = socket.remoteAddress ?? ''
    const fromThere = this.connectionsFrom.get(address) ?? 0
    if (this.isClosing || this.connections.size >= listening.maxConnections || fromThere >= listening.maxConnectionsPerIp) {
      socket.destroy()
      return
    }
    const connection = new Connection({
      socket,
      call: {
        broker: this.view,
        listening,
        acls: this.acls,
        authentication: this.newAuthentication(),
        advertised: this.options.advertised ?? this.reachedAt(socket),
      },
      room: this.room,
      accessOf: (user, host) => this.accessOf(user ?? certified(socket), host),
      onClose: () => this.forget(connection, address),
      onError: (error) => this.report(error),
    })
    this.connections.add(connection)
    this.connectionsFrom.set(address, fromThere + 1)
  }

  private forget(connection: Connection, address: string): void {
    this.connections.delete(connection)
    const left = (this.connectionsFrom.get(address) ?? 1) - 1
    if (left === 0) this.connectionsFrom.delete(address)
    else this.connectionsFrom.set(address, left)
  }

  /** Bound to all addresses it is not reached at "all", but where this client has found it. */
  private reachedAt(socket: Socket): { readonly host: string; readonly port: number } {
    const { host, port } = this
    const everywhere = host === '0.0.0.0' || host === '::' || host === ''
    return { host: everywhere ? (socket.localAddress ?? host).replace(/^::ffff:/, '') : host, port }
  }

  private newAuthentication(): Authentication | null {
    const { sasl } = this.options
    if (sasl === undefined || this.Asking === null || this.users === null) return null
    const { users, mechanisms = MECHANISMS } = sasl
    const { clock } = this.view.cluster
    return new this.Asking(
      mechanisms,
      typeof users === 'function' ? users : (user) => (Object.hasOwn(users, user) ? users[user] : undefined),
      this.users,
      () => clock.now(),
      this.settings.connectionsMaxReauthMs,
    )
  }

  private accessOf(user: string | null, host: string): Access | null {
    const { acls, options } = this
    if (acls === null || options.acls === undefined) return null
    return new Access(acls, options.acls, `User:${user ?? 'ANONYMOUS'}`, host)
  }

  private report(error: unknown): void {
    const reported = KafkaliteError.is(error)
      ? error
      : new KafkaliteError('INVALID_STATE', 'A request could not be answered', { cause: error })
    this.view.cluster.events.emit('error', reported)
  }
}

const OPTION_NAMES: readonly string[] = [
  'host',
  'port',
  'advertised',
  'maxConnections',
  'maxConnectionsPerIp',
  'maxRequestBytes',
  'connectionsMaxIdleMs',
  'connectionsMaxReauthMs',
  'sasl',
  'acls',
  'tls',
  'allowAnonymous',
]

function checkListenOptions(options: ListenOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new KafkaliteError('INVALID_ARGUMENT', `listen() takes an object of options, not ${describe(options)}`)
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.includes(name))
  if (unknown !== undefined)
    throw new KafkaliteError('INVALID_ARGUMENT', `listen() has no option "${unknown}"; expected one of ${OPTION_NAMES.join(', ')}`)
  const {
    host,
    port,
    advertised,
    maxConnections,
    maxConnectionsPerIp,
    maxRequestBytes,
    connectionsMaxIdleMs,
    connectionsMaxReauthMs,
    sasl,
    tls,
    allowAnonymous,
  } = options
  const whole = (name: string, value: unknown, from: number, to: number): void => {
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to)) return
    throw new KafkaliteError('INVALID_ARGUMENT', `listen(): ${name} is a whole number from ${from} to ${to}, not ${describe(value)}`)
  }
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    throw new KafkaliteError('INVALID_ARGUMENT', `listen(): host is a name or an address, not ${describe(host)}`)
  whole('port', port, 0, PORT_MAX)
  if (advertised !== undefined && (typeof advertised?.host !== 'string' || advertised.host === ''))
    throw new KafkaliteError('INVALID_ARGUMENT', `listen(): advertised is a host and a port, not ${describe(advertised)}`)
  if (advertised !== undefined) whole('the port of advertised', advertised.port, 1, PORT_MAX)
  whole('maxConnections', maxConnections, 1, Number.MAX_SAFE_INTEGER)
  whole('maxConnectionsPerIp', maxConnectionsPerIp, 1, Number.MAX_SAFE_INTEGER)
  whole('maxRequestBytes', maxRequestBytes, 1, 2_147_483_647)
  whole('connectionsMaxIdleMs', connectionsMaxIdleMs, 1, Number.MAX_SAFE_INTEGER)
  whole('connectionsMaxReauthMs', connectionsMaxReauthMs, 0, Number.MAX_SAFE_INTEGER)
  if (allowAnonymous !== undefined && typeof allowAnonymous !== 'boolean')
    throw new KafkaliteError('INVALID_ARGUMENT', `listen(): allowAnonymous is true or false, not ${describe(allowAnonymous)}`)
  checkSasl(sasl)
  checkAcls(options.acls)
  if (tls !== undefined && (typeof tls !== 'object' || tls === null))
    throw new KafkaliteError('INVALID_ARGUMENT', `listen(): tls is what node:tls takes, with key and cert, not ${describe(tls)}`)
  if (host !== undefined && !isLoopback(host) && !asksWho(options) && allowAnonymous !== true)
    throw new KafkaliteError(
      'INVALID_ARGUMENT',
      `listen(): anybody who reaches ${host} could read and change everything, because nothing asks who connects; give sasl, or tls with requestCert, or, if that is wanted, allowAnonymous: true`,
    )
}

function resolveListenerSettings(given: { readonly [P in keyof ListenerSettings]: number | undefined }): ListenerSettings {
  return { ...LISTENER_DEFAULTS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

const MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

function checkSasl(sasl: unknown): void {
  if (sasl === undefined) return
  const { users, mechanisms = MECHANISMS } = (typeof sasl === 'object' && sasl !== null ? sasl : {}) as Partial<SaslOptions>
  const hasUsers = typeof users === 'function' || (typeof users === 'object' && users !== null)
  const isSound = Array.isArray(mechanisms) && mechanisms.length > 0 && mechanisms.every((each) => MECHANISMS.includes(each))
  if (hasUsers && isSound) return
  // What was given may be a secret, so it is not repeated.
  throw new KafkaliteError('INVALID_ARGUMENT', `listen(): sasl has users and, perhaps, mechanisms out of ${MECHANISMS.join(', ')}`)
}

/** INVALID_ARGUMENT: the key and the certificate are none, or do not belong together. */
function tlsServer(create: typeof CreateTlsServer, tls: NodeTlsOptions, accept: (socket: Socket) => void): Server {
  try {
    return create({ ...tls, allowHalfOpen: true }, accept)
  } catch (cause) {
    throw new KafkaliteError('INVALID_ARGUMENT', 'listen(): the key and the certificate of tls cannot be used', { cause })
  }
}

/** Who a client is by its certificate: the distinguished name in it, as Kafka has it. null: it has none that was checked. */
function certified(socket: Socket): string | null {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>
  if (authorized !== true || getPeerCertificate === undefined) return null
  const { subject } = getPeerCertificate.call(socket) as { readonly subject?: Readonly<Record<string, string | string[]>> }
  const parts = Object.entries(subject ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${value.replace(/([,+"\\<>;=])/g, '\\$1')}`),
  )
  return parts.length === 0 ? null : parts.reverse().join(',')
}

function checkAcls(acls: unknown): void {
  if (acls === undefined) return
  const { superUsers = [], allowEveryoneIfNoAclFound = false } = (typeof acls === 'object' ? acls : {}) as Partial<AclsOptions>
  const isSound = Array.isArray(superUsers) && superUsers.every((each) => typeof each === 'string' && each.includes(':'))
  if (typeof acls === 'object' && acls !== null && isSound && typeof allowEveryoneIfNoAclFound === 'boolean') return
  throw new KafkaliteError(
    'INVALID_ARGUMENT',
    `listen(): acls has superUsers, such as ['User:admin'], and allowEveryoneIfNoAclFound, true or false; not ${describe(acls)}`,
  )
}
