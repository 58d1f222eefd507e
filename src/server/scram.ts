// The server's side of SCRAM (RFC 5802, RFC 7677): the client proves that it knows the password without sending it, and the broker proves
// that it knew it too. A user either has a
// credential that clients have kept here, or a password that is given as it is; then the salt is made for each exchange.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordOf } from './listen-options.js'
import { credentialOf, type ScramCredential } from './scram-store.js'

const ITERATIONS = 4096
const SALT_BYTES = 16
const derive = promisify(pbkdf2)

export class ScramExchange {
  private first: {
    readonly user: string
    readonly bare: string
    readonly answer: string
    readonly nonce: string
    readonly salt: Buffer
    readonly kept: ScramCredential | undefined
  } | null = null

  /** @param digest sha256 or sha512 */
  constructor(
    private readonly digest: 'sha256' | 'sha512',
    private readonly passwordOf: PasswordOf,
    private readonly keptOf: (user: string) => ScramCredential | undefined,
  ) {}

  /** The answer to the client's next message and, once it has proved who it is, its name. null: it has not. */
  async step(message: string): Promise<{ readonly answer: string; readonly user: string | null } | null> {
    if (this.first === null) return this.begin(message)
    const { user, bare, answer, nonce, salt, kept } = this.first
    const match = /^(?<rest>c=(?<binding>[^,]*),r=(?<nonce>[^,]*)(?:,[^,]*=[^,]*)*),p=(?<proof>[^,]*)$/.exec(message)?.groups
    const password = await this.passwordOf(user)
    // Who is not known takes as long as who is.
    const salted = await derive((password ?? '').normalize('NFKC'), salt, ITERATIONS, this.digest === 'sha256' ? 32 : 64, this.digest)
    const credential = kept ?? (password === undefined ? undefined : credentialOf(this.digest, ITERATIONS, salt, salted))
    if (match === undefined || credential === undefined || match.nonce !== nonce || !/^(biws|eSws)$/.test(match.binding ?? '')) return null
    const signed = `${bare},${answer},${match.rest}`
    const storedKey = Buffer.from(credential.storedKey, 'base64')
    const signature = this.hmac(storedKey, signed)
    const proof = Buffer.from(match.proof ?? '', 'base64')
    if (proof.length !== signature.length) return null
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)))
    if (!timingSafeEqual(createHash(this.digest).update(clientKey).digest(), storedKey)) return null
    const verifier = this.hmac(Buffer.from(credential.serverKey, 'base64'), signed).toString('base64')
    return { answer: `v=${verifier}`, user }
  }

  private begin(message: string): { readonly answer: string; readonly user: null } | null {
    const match = /^[ny],(?:a=[^,]*)?,(?<bare>n=(?<user>[^,]+),r=(?<nonce>[^,]+)(?:,.*)?)$/s.exec(message)?.groups
    if (match === undefined) return null
    const user = (match.user ?? '').replace(/=2C/g, ',').replace(/=3D/g, '=').normalize('NFKC')
    const nonce = `${match.nonce}${randomBytes(18).toString('base64url')}`
    const kept = this.keptOf(user)
    const salt = kept === undefined ? randomBytes(SALT_BYTES) : Buffer.from(kept.salt, 'base64')
    const answer = `r=${nonce},s=${salt.toString('base64')},i=${kept?.iterations ?? ITERATIONS}`
    this.first = { user, bare: match.bare ?? '', answer, nonce, salt, kept }
    return { answer, user: null }
  }

  private hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.digest, key).update(text).digest()
  }
}
