// States what only a bug of ours can break. It stays on in production: a broken invariant must stop the operation
// that met it before it reaches the log. It never judges a user's argument or bytes from outside; those get KafkaliteError.

export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`kafkalite: broken invariant: ${claim}`)
}
