// Configs as text, the way Kafka's clients and administrators write and read them, and Kafka's numbers for what they are.

import { KafkaliteError } from '../errors.js'

/** Kafka's numbers of the types of configs. */
export const CONFIG_TYPES = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const
export type ConfigType = keyof typeof CONFIG_TYPES

/** Kafka's numbers of where a value comes from: set for this topic or group, told to the broker when it was started, or the default. */
export const CONFIG_SOURCES = { topic: 1, staticBroker: 4, default: 5, group: 8 } as const

export const LONG_MAX = '9223372036854775807'

/** Kafka's words for values that have another one here. */
export type ConfigWords = Readonly<Record<string, string>>
/** A topic or broker stores without compression in other words than a producer sends without. */
export const COMPRESSION_WORDS: ConfigWords = { none: 'uncompressed' }

export function configText(value: string | number | boolean, words?: ConfigWords): string {
  if (typeof value === 'string') return words?.[value] ?? value
  if (value === Number.POSITIVE_INFINITY) return '2147483647'
  return value === Number.MAX_SAFE_INTEGER ? LONG_MAX : String(value)
}

/** INVALID_CONFIG. */
export function parseConfigText(text: string, type: ConfigType, name: string, words: ConfigWords = {}): string | number | boolean {
  if (type === 'string') {
    const other = words[text]
    if (other !== undefined) throw new KafkaliteError('INVALID_CONFIG', `${name} has no value "${text}"; did you mean ${other}?`)
    return Object.entries(words).find(([, kafkas]) => kafkas === text)?.[0] ?? text
  }
  if (type === 'list') {
    const words = [...new Set(text.split(',').map((word) => word.trim()))].filter((word) => word !== '')
    return words.sort().join(',')
  }
  if (type === 'boolean') {
    if (!/^(true|false)$/i.test(text.trim())) throw new KafkaliteError('INVALID_CONFIG', `${name} must be true or false, not "${text}"`)
    return text.trim().toLowerCase() === 'true'
  }
  const pattern = type === 'double' ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/
  if (!pattern.test(text.trim())) throw new KafkaliteError('INVALID_CONFIG', `${name} must be a number, not "${text}"`)
  // Kafka's way to say "no limit" is the largest number of 64 bits.
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}
