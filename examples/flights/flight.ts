// What a flight is, here and in the log: keyed by the airport it leaves from, dated by the record's own timestamp, and the rest in
// seven bytes. A serde of one's own is two functions; `json()` would do as well and take four times the disk.

import type { ConsumerRecord, Serde, Topic } from 'kafkalite'

export interface Flight extends FlightDetails {
  /** Milliseconds since 1970: the record's timestamp. */
  readonly date: number
  /** Three letters: the record's key. */
  readonly origin: string
}

/** What is left for the record's value. */
export interface FlightDetails {
  /** Three letters. */
  readonly destination: string
  /** Minutes; less than 0 is early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
}

export type FlightTopic = Topic<FlightDetails>
export type FlightRecord = ConsumerRecord<FlightDetails>

export const flightSerde: Serde<FlightDetails> = {
  encode(flight) {
    const bytes = Buffer.allocUnsafe(7)
    bytes.write(flight.destination, 0, 'latin1')
    bytes.writeInt16BE(flight.delay, 3)
    bytes.writeInt16BE(flight.distance, 5)
    return bytes
  },
  decode(bytes) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return { destination: buffer.toString('latin1', 0, 3), delay: buffer.readInt16BE(3), distance: buffer.readInt16BE(5) }
  },
}

export const PARTITIONS = 6

/** All flights of an airport go to one partition. The publisher says which, so that after a restart it can tell what is already there. */
export function partitionOf(origin: string): number {
  return (origin.charCodeAt(0) + origin.charCodeAt(1) + origin.charCodeAt(2)) % PARTITIONS
}

/** A flight delayed by that many minutes is rebooked. */
export const REBOOK_FROM = 180

/** A number that tells flights apart, the same for the flight from the input and the one from the log. */
export function fingerprint(date: number, flight: FlightDetails): number {
  let hash = Math.imul(date / 60_000, 31) + flight.delay
  hash = Math.imul(hash, 31) + flight.distance
  for (let at = 0; at < 3; at++) hash = Math.imul(hash, 31) + flight.destination.charCodeAt(at)
  return hash | 0
}

/** What happens to a rebooking job: most work, some work at the third attempt, some never do. Decided by the flight, so that runs agree. */
export function fateOf(date: number, flight: FlightDetails): 'works' | 'failsTwice' | 'poison' {
  const lot = (fingerprint(date, flight) >>> 4) % 200
  if (lot === 0) return 'poison'
  return lot <= 10 ? 'failsTwice' : 'works'
}
