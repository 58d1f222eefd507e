// Checking what users give. A misspelt option that is silently ignored is found in production; so unknown names are refused, and
// the message lists the legal ones. All of it is INVALID_ARGUMENT and says what was expected and what came.

import { describe, KafkaliteError } from '../errors.js'

/** What an option may be, and how that is called in a message. */
export interface OptionRule {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
}

export const wholeNumber = (from: number, to = Number.MAX_SAFE_INTEGER): OptionRule => ({
  expected: to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to,
})
export const oneOf = (...values: readonly unknown[]): OptionRule => ({
  expected: `one of ${values.map(describe).join(', ')}`,
  accepts: (value) => values.includes(value),
})
export const aFunction: OptionRule = { expected: 'a function', accepts: (value) => typeof value === 'function' }
export const aBoolean: OptionRule = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' }
export const someText: OptionRule = {
  expected: 'a string that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
}
export const anObject: OptionRule = { expected: 'an object', accepts: (value) => typeof value === 'object' && value !== null }
/** For options that are checked elsewhere. */
export const anything: OptionRule = { expected: 'anything', accepts: () => true }
export const anAbortSignal: OptionRule = {
  expected: 'an AbortSignal',
  accepts: (value) =>
    typeof value === 'object' && value !== null && typeof (value as AbortSignal).aborted === 'boolean' && 'addEventListener' in value,
}

/** Refuses unknown options and illegal values; undefined counts as absent. `owner` is who takes them, as 'producer()'. */
export function checkOptions(owner: string, options: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalid(`${owner} takes an object of options, not ${describe(options)}`)
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) throw invalid(`${owner} has no option "${name}"; the options are ${Object.keys(rules).join(', ')}`)
    if (value !== undefined && !rule.accepts(value)) throw invalid(`${name} of ${owner} must be ${rule.expected}, not ${describe(value)}`)
  }
}

/** The options of a call that waits. */
export const WAIT_RULES: Readonly<Record<string, OptionRule>> = { signal: anAbortSignal }

export function invalid(message: string): KafkaliteError {
  return new KafkaliteError('INVALID_ARGUMENT', message)
}
