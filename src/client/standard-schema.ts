// Checking values with a schema library, through the interface that zod, valibot, arktype and others share
// (https://standardschema.dev). Declared here, so that none of them is a dependency.

import { describe, KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'

/** A schema of any library that follows https://standardschema.dev. It must check synchronously. */
export interface StandardSchema<T> {
  /** The one property by which every Standard Schema is known. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): unknown
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** INVALID_ARGUMENT unless it is a schema. */
export function checkSchema(schema: unknown): void {
  const carrier = typeof schema === 'object' || typeof schema === 'function' ? (schema as Partial<StandardSchema<unknown>> | null) : null
  if (typeof carrier?.['~standard']?.validate === 'function') return
  throw new KafkaliteError('INVALID_ARGUMENT', `json() takes a Standard Schema (zod, valibot, arktype, ...), not ${describe(schema)}`)
}

/** What the schema makes of the value. Throws an Error that lists what does not fit. */
export function validate<T>(schema: StandardSchema<T>, value: unknown): T {
  const standard = schema['~standard']
  const result = standard.validate(value)
  if (isPromise(result)) {
    // Its outcome is of no interest any more; unheard it would count as an unhandled rejection.
    result.then(undefined, () => undefined)
    throw new Error(`the schema of ${standard.vendor} checks asynchronously; only synchronous schemas can be used`)
  }
  const { issues, value: output } = result as { issues?: readonly Issue[] | undefined; value?: T }
  if (issues === undefined) return output as T
  throw new Error(`it does not fit the schema: ${issues.map(inWords).join('; ')}`, { cause: issues })
}

function inWords({ message, path }: Issue): string {
  if (path === undefined || path.length === 0) return message
  return `${path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')}: ${message}`
}
