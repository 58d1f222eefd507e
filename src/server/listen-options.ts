// What a listener is told and what it is to the program that opened it. Apart from the listener itself, because these words are a part of
// the face, which also a browser reads.

/** How clients say who they are. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** The password of a user; undefined: there is no such user. */
export type PasswordOf = (user: string) => string | undefined | Promise<string | undefined>

/** Who may connect. */
export interface SaslOptions {
  /** Passwords by the names of the users, or a function that answers them. They are never printed. */
  users: Readonly<Record<string, string>> | PasswordOf
  /** Default: all three. PLAIN sends the password as it is: use it with tls only. Kafka: sasl.enabled.mechanisms */
  mechanisms?: readonly SaslMechanism[] | undefined
}

/** What is handed to Node's tls.createServer: a key and a certificate in PEM, and whatever else it takes. */
export interface TlsOptions {
  /** The private key, in PEM. */
  key?: string | Uint8Array | undefined
  /** The certificate, in PEM. */
  cert?: string | Uint8Array | undefined
  /** Whom clients must be certified by, in PEM. */
  ca?: string | Uint8Array | undefined
  /** Whether clients are asked for a certificate. Default false. Kafka: ssl.client.auth */
  requestCert?: boolean | undefined
  /** false: lets clients in whose certificate is by nobody known. Default true. */
  rejectUnauthorized?: boolean | undefined
  readonly [option: string]: unknown
}

/** Who may do what once connected: by the rules of Kafka's StandardAuthorizer, which clients keep with CreateAcls and DeleteAcls. */
export interface AclsOptions {
  /** May do everything, rules or not: principals, `User:` and a name. Kafka: super.users */
  superUsers?: readonly string[] | undefined
  /** Whether everybody may do everything with what no rule is about. Default false. Kafka: allow.everyone.if.no.acl.found */
  allowEveryoneIfNoAclFound?: boolean | undefined
}

/** Where and how to listen. */
export interface ListenOptions {
  /** The address to bind to. Default 127.0.0.1: this machine alone. */
  host?: string | undefined
  /** The port to bind to. Default 0: a free port. */
  port?: number | undefined
  /** Where clients are told to connect, when that is not where it listens. Default: host and port. Kafka: advertised.listeners */
  advertised?: { readonly host: string; readonly port: number } | undefined
  /** Connections at a time; a further one is closed at once. Default: no limit. Kafka: max.connections */
  maxConnections?: number | undefined
  /** Connections at a time from one address; a further one is closed at once. Default: no limit. Kafka: max.connections.per.ip */
  maxConnectionsPerIp?: number | undefined
  /** The largest request. Bytes, from 1. Default 104857600 (100 MiB). Kafka: socket.request.max.bytes */
  maxRequestBytes?: number | undefined
  /** A connection on which nothing was asked for so long is closed. Milliseconds. Default 600000 (10 minutes). Kafka: connections.max.idle.ms */
  connectionsMaxIdleMs?: number | undefined
  /** After how long a client must say again who it is, where it was asked; 0: never. Milliseconds. Default 0. Kafka: connections.max.reauth.ms */
  connectionsMaxReauthMs?: number | undefined
  /** Asks clients who they are. Default: nobody is asked. */
  sasl?: SaslOptions | undefined
  /** Encrypts, from the first byte on. Default: nothing is encrypted. */
  tls?: TlsOptions | undefined
  /** Looks at what each client may do. The rules are kept with the broker's data. Default: whoever is in may do everything. Kafka: authorizer.class.name */
  acls?: AclsOptions | undefined
  /**
   * Lets anybody in who can reach the address. Needed for a host other than this machine's own (127.0.0.1, ::1, localhost), because
   * nothing asks who connects unless there is `sasl`. Default false.
   */
  allowAnonymous?: boolean | undefined
}

/** What a listener was told of limits, with the defaults filled in. */
export type ListenerSettings = Required<{
  readonly [P in 'maxConnections' | 'maxConnectionsPerIp' | 'maxRequestBytes' | 'connectionsMaxIdleMs' | 'connectionsMaxReauthMs']: number
}>

export const LISTENER_DEFAULTS: ListenerSettings = {
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerIp: Number.POSITIVE_INFINITY,
  maxRequestBytes: 104_857_600,
  connectionsMaxIdleMs: 600_000,
  connectionsMaxReauthMs: 0,
}

/** A listener that Kafka's clients connect to. */
export interface Listener extends AsyncDisposable {
  /** Where it listens. */
  readonly host: string
  /** The port that it has. */
  readonly port: number
  /** host:port, for `brokers: [address]`. */
  readonly address: string
  /** Settles when it has been closed. */
  readonly closed: Promise<void>
  /** Ends listening and every connection; with `drain`, requests that are being answered are answered first. Idempotent. */
  close(options?: { readonly drain?: boolean | undefined }): Promise<void>
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i

/** Whether the address is this machine's own, which nobody else reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Whether somebody who connects has to say, and prove, who it is: by a password or by a certificate. */
export function asksWho({ sasl, tls }: Pick<ListenOptions, 'sasl' | 'tls'>): boolean {
  return sasl !== undefined || (tls?.requestCert === true && tls.rejectUnauthorized !== false)
}
