// Users that clients keep with AlterUserScramCredentials: what a password was made into, never the password. Kept with the broker's data.

import { createHash, createHmac } from 'node:crypto'
import type { KeptMap } from '../core/kept-map.js'
import type { SaslMechanism } from './listen-options.js'

const KEY_PREFIX = 'scram '
/** Kafka's numbers of the mechanisms. */
export const SCRAM_MECHANISMS: ReadonlyMap<number, Exclude<SaslMechanism, 'PLAIN'>> = new Map([
  [1, 'SCRAM-SHA-256'],
  [2, 'SCRAM-SHA-512'],
])
export const ITERATIONS = { min: 4096, max: 16_384 } as const

/** What the server knows of a user (RFC 5802): bytes in base64. */
export interface ScramCredential {
  readonly iterations: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

export interface ScramChange {
  readonly user: string
  /** Kafka's number of it. */
  readonly mechanism: number
  /** null: the user has none any more. */
  readonly credential: ScramCredential | null
}

export function digestOf(mechanism: SaslMechanism): 'sha256' | 'sha512' {
  return mechanism === 'SCRAM-SHA-512' ? 'sha512' : 'sha256'
}

export function credentialOf(
  digest: 'sha256' | 'sha512',
  iterations: number,
  salt: Uint8Array,
  saltedPassword: Uint8Array,
): ScramCredential {
  const hmac = (text: string): Buffer => createHmac(digest, saltedPassword).update(text).digest()
  return {
    iterations,
    salt: Buffer.from(salt).toString('base64'),
    storedKey: createHash(digest).update(hmac('Client Key')).digest('base64'),
    serverKey: hmac('Server Key').toString('base64'),
  }
}

export class ScramStore {
  private readonly users = new Map<string, Map<number, ScramCredential>>()

  constructor(private readonly kept: KeptMap) {
    for (const [key, credential] of kept.entries()) {
      if (!key.startsWith(KEY_PREFIX)) continue
      const [user, mechanism] = JSON.parse(key.slice(KEY_PREFIX.length)) as [string, number]
      this.take({ user, mechanism, credential: credential as ScramCredential })
    }
  }

  names(): readonly string[] {
    return [...this.users.keys()]
  }

  /** By mechanism; undefined: there is no such user. */
  of(user: string): ReadonlyMap<number, ScramCredential> | undefined {
    return this.users.get(user)
  }

  /** All or none; durable when it resolves. */
  async change(changes: readonly ScramChange[]): Promise<void> {
    await this.kept.write(
      changes.map(({ user, mechanism, credential }) => [KEY_PREFIX + JSON.stringify([user, mechanism]), credential] as const),
    )
    for (const change of changes) this.take(change)
  }

  private take({ user, mechanism, credential }: ScramChange): void {
    const mine = this.users.get(user) ?? new Map<number, ScramCredential>()
    if (credential === null) mine.delete(mechanism)
    else mine.set(mechanism, credential)
    if (mine.size === 0) this.users.delete(user)
    else this.users.set(user, mine)
  }
}
