// What a listener is told and what it is to the program that opened it. Apart from the listener itself, because these words are a part of
// the face, which also a browser reads.

/** Where and how to listen. */
export interface ListenOptions {
  /** The address to bind to. Default 127.0.0.1: this machine alone. */
  host?: string | undefined
  /** The port to bind to. Default 0: any free port. */
  port?: number | undefined
  /** Where clients are told to connect, when that is not where it listens. Default: host and port. Kafka: advertised.listeners */
  advertised?: { readonly host: string; readonly port: number } | undefined
  /** Connections at a time; a further one is closed at once. Default: no limit. Kafka: max.connections */
  maxConnections?: number | undefined
  /** The largest request. Bytes, from 1. Default 104857600 (100 MiB). Kafka: socket.request.max.bytes */
  maxRequestBytes?: number | undefined
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
