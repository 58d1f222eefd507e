// How a command says that it cannot: one line on standard error and an exit code, 2 when it was called wrongly and 1 otherwise.

import { KafkaliteError } from '../errors.js'

/** Says what is wrong. The process ends when nothing is left to do. */
export function fail(error: unknown, kind: 'usage' | 'failure' = 'failure'): void {
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  const isUsage = kind === 'usage' || KafkaliteError.is(error, 'INVALID_ARGUMENT', 'INVALID_CONFIG')
  console.error(`kafkalite: ${`${message}${cause}`.replace(/\s*\n\s*/g, ' ')}`)
  process.exitCode = isUsage ? 2 : 1
}
