// The codecs against Kafka's own generated classes: what they wrote is read as they mean it, and written as they wrote it.
import { describe, expect, test } from 'vitest'
import {
  readRequestRest,
  readRequestStart,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../../src/protocol/header.js'
import type { Message } from '../../src/protocol/message.js'
import { WireReader } from '../../src/protocol/wire-reader.js'
import { WireWriter } from '../../src/protocol/wire-writer.js'
import { fromBase64, MESSAGES, samplesOf } from './kafka-sample.js'

const base64 = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('base64')

/** Our value as Kafka's JSON shows it: bytes in base64, records not at all. What Kafka leaves out must be the default, which is left out too. */
function asKafkaShows(ours: unknown, theirs: unknown, name: string): unknown {
  if (name === 'records' && ours !== null) return ''
  if (ours instanceof Uint8Array) return Buffer.from(ours).toString('base64')
  if (Array.isArray(ours)) return ours.map((each, i) => asKafkaShows(each, Array.isArray(theirs) ? theirs[i] : undefined, name))
  if (typeof ours !== 'object' || ours === null || typeof theirs !== 'object' || theirs === null) return ours
  return Object.fromEntries(
    Object.entries(theirs).map(([key, value]) => [key, asKafkaShows((ours as Record<string, unknown>)[key], value, key)]),
  )
}

function encode(message: Message<unknown>, value: unknown, version: number): string | null {
  try {
    return base64(message.encode(value as Record<string, unknown>, version))
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION' })
    return null
  }
}

describe.each(MESSAGES.map((message) => [message.name, message] as const))('%s', (_, message) => {
  const samples = samplesOf(message)

  test('has samples of each of its versions', () => {
    const { first, last } = message.versions
    expect([...new Set(samples.map(({ version }) => version))]).toEqual(Array.from({ length: last - first + 1 }, (__, i) => first + i))
  })

  test('is read as Kafka means it', () => {
    for (const { version, bytes, value } of samples) {
      const reader = new WireReader(fromBase64(bytes))
      const ours = message.read(reader, version)
      expect(reader.remaining).toBe(0)
      expect(asKafkaShows(ours, value, '')).toEqual(value)
    }
  })

  test('is written as Kafka writes it, in this version and in others, or refused as Kafka refuses it', () => {
    for (const { version, bytes, others } of samples) {
      const value = message.read(new WireReader(fromBase64(bytes)), version)
      expect(encode(message, value, version)).toBe(bytes)
      for (const [other, expected] of Object.entries(others))
        expect([other, encode(message, value, Number(other))]).toEqual([other, expected])
    }
  })

  test('has the header that Kafka gives it', () => {
    const isRequest = message.name.endsWith('Request')
    for (const { version, header } of samples) {
      const writer = new WireWriter()
      const reader = new WireReader(fromBase64(header))
      if (isRequest) {
        writeRequestHeader(
          writer,
          { apiKey: message.key, apiVersion: version, correlationId: 77, clientId: 'client-ï' },
          message.isFlexible(version),
        )
        expect(readRequestStart(reader)).toEqual({ apiKey: message.key, apiVersion: version, correlationId: 77 })
        expect(readRequestRest(reader, message.isFlexible(version))).toBe('client-ï')
      } else {
        writeResponseHeader(writer, 77, message, version)
        expect(readResponseHeader(reader, message, version)).toBe(77)
      }
      expect(reader.remaining).toBe(0)
      expect(base64(writer.finish())).toBe(header)
    }
  })
})
