// JSON as a serde, on its own or checked by a schema. Both ways are checked, so that neither this program nor another one that
// writes to the topic can slip in a value of another shape.

import { describe } from '../errors.js'
import { type Serde, textSerde } from './serde.js'
import { checkSchema, type StandardSchema, validate } from './standard-schema.js'

/**
 * JSON text. With a schema (https://standardschema.dev) values are checked when they are sent and when they are read; what is
 * sent is the value as given, what is read is what the schema makes of it. A schema that checks asynchronously fails with SERDE_FAILED.
 */
export function json<T = unknown>(schema?: StandardSchema<T>): Serde<T> {
  if (schema === undefined) return textSerde<T>(toText, (text) => JSON.parse(text) as T)
  checkSchema(schema)
  const encode = (value: T): string => {
    validate(schema, value)
    return toText(value)
  }
  return textSerde(encode, (text) => validate(schema, JSON.parse(text)))
}

function toText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON has no form for ${describe(value)}`)
  return text
}
