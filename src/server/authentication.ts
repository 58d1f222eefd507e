// Who is at the other end of one connection, on listeners that ask. Until that is known nothing is answered but what leads there: one
// ApiVersions, the choice of a mechanism and the exchange. Only a user whose password was right is let in; that an exchange has come to
// its end is not enough.

import { timingSafeEqual } from 'node:crypto'
import { encodeUtf8, readUtf8 } from '../lib/text.js'
import type { PasswordOf, SaslMechanism } from './listen-options.js'
import { ScramExchange } from './scram.js'
import { digestOf, SCRAM_MECHANISMS, type ScramStore } from './scram-store.js'

const KEYS = { handshake: 17, apiVersions: 18, authenticate: 36 } as const

export class Authentication {
  /** The name of the user, once it has proved to be that one. */
  user: string | null = null
  /** From then on it has to prove it again. */
  private untilMs = Number.POSITIVE_INFINITY
  private apiVersionsAsked = false
  private mechanism: SaslMechanism | null = null
  private scram: ScramExchange | null = null

  constructor(
    readonly mechanisms: readonly SaslMechanism[],
    private readonly passwordOf: PasswordOf,
    private readonly kept: ScramStore,
    private readonly now: () => number,
    /** connections.max.reauth.ms: for how long what was proved counts; 0: for ever */
    private readonly lifetimeMs: number,
  ) {}

  /** Whether a request of that key may be answered now. */
  admits(apiKey: number): boolean {
    if (apiKey === KEYS.handshake) return true
    if (apiKey === KEYS.authenticate) return this.mechanism !== null
    if (this.user !== null) return apiKey === KEYS.apiVersions || this.now() < this.untilMs
    if (apiKey !== KEYS.apiVersions || this.apiVersionsAsked || this.mechanism !== null) return false
    this.apiVersionsAsked = true
    return true
  }

  /** Whether the mechanism can be had. */
  choose(name: string): boolean {
    const mechanism = this.mechanisms.find((each) => each === name)
    if (mechanism === undefined || (this.user !== null && mechanism !== this.mechanism)) return false
    this.mechanism = mechanism
    this.scram = mechanism === 'PLAIN' ? null : this.newExchange(mechanism)
    return true
  }

  private newExchange(mechanism: Exclude<SaslMechanism, 'PLAIN'>): ScramExchange {
    const number = [...SCRAM_MECHANISMS].find(([, name]) => name === mechanism)?.[0] ?? 0
    return new ScramExchange(digestOf(mechanism), this.passwordOf, (user) => this.kept.of(user)?.get(number))
  }

  /** The answer to the next message of the exchange, and for how long it counts if it was the last; null: the client is not who it says. */
  async step(message: Uint8Array): Promise<{ readonly authBytes: Uint8Array; readonly sessionLifetimeMs: number } | null> {
    const text = readUtf8(message, 0, message.length)
    const result = this.scram === null ? await this.plain(text) : await this.scram.step(text)
    if (result === null) return null
    const { answer, user } = result
    // Somebody who authenticates again stays who it was.
    if (user !== null && this.user !== null && user !== this.user) return null
    if (user !== null) {
      this.user = user
      if (this.lifetimeMs > 0) this.untilMs = this.now() + this.lifetimeMs
    }
    return { authBytes: encodeUtf8(answer), sessionLifetimeMs: user === null ? 0 : this.lifetimeMs }
  }

  private async plain(text: string): Promise<{ readonly answer: string; readonly user: string } | null> {
    const [authorized = '', user = '', password = '', ...more] = text.split('\0')
    if (user === '' || more.length > 0 || (authorized !== '' && authorized !== user)) return null
    const expected = await this.passwordOf(user)
    if (expected === undefined || !equals(password, expected)) return null
    return { answer: '', user }
  }
}

function equals(given: string, expected: string): boolean {
  const a = encodeUtf8(given)
  const b = encodeUtf8(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
