// One member of a classic group: what it said when it joined, what it waits for, and when it was last heard of.

import type { KafkaliteError } from '../../errors.js'
import type { Timer } from '../../lib/clock.js'
import type { ClassicJoinAnswer, ClassicJoinRequest, ClassicProtocol, ClassicSyncAnswer } from '../classic-group-port.js'

/** Somebody who waits for an answer. */
export interface Waiting<T> {
  resolve(answer: T): void
  reject(error: KafkaliteError): void
}

const NO_BYTES = new Uint8Array(0)

export class ClassicMember {
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly ClassicProtocol[]
  assignment: Uint8Array = NO_BYTES
  /** Its JoinGroup waits for the others. */
  joining: Waiting<ClassicJoinAnswer> | null = null
  /** Its SyncGroup waits for the leader. */
  syncing: Waiting<ClassicSyncAnswer> | null = null
  /** It has synced in this generation. */
  hasSynced = false
  session: Timer | null = null

  constructor(
    readonly id: string,
    request: ClassicJoinRequest,
  ) {
    this.instanceId = request.instanceId
    this.clientId = request.clientId
    this.clientHost = request.clientHost
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.protocols = copied(request.protocols)
  }

  /** Whether it is being answered and cannot be late. */
  get isWaiting(): boolean {
    return this.joining !== null || this.syncing !== null
  }

  /** Takes what a further JoinGroup says; the answer to an earlier one that still waits is not looked at by anybody any more. */
  update(request: ClassicJoinRequest): void {
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.protocols = copied(request.protocols)
  }

  /** Whether the request says the same as the member did before. */
  matches(protocols: readonly ClassicProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(
        ({ name, metadata }, i) => name === this.protocols[i]?.name && equalBytes(metadata, this.protocols[i]?.metadata ?? NO_BYTES),
      )
    )
  }

  supports(protocol: string): boolean {
    return this.protocols.some(({ name }) => name === protocol)
  }

  metadataOf(protocol: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_BYTES
  }

  /** Ends its waits with an error, and its session. */
  end(error: KafkaliteError): void {
    this.session?.cancel()
    this.session = null
    this.joining?.reject(error)
    this.syncing?.reject(error)
    this.joining = null
    this.syncing = null
  }
}

/** The bytes outlive the request that they came in, which may be much larger. */
function copied(protocols: readonly ClassicProtocol[]): readonly ClassicProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) }))
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
