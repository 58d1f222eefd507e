// Publishes every flight of the input, once. Input and partitions have a fixed order, so what a partition already holds after a
// restart is exactly its first flights: that many are passed over, and the next is the first that is missing.

import { setImmediate } from 'node:timers/promises'
import type { Broker } from 'kafkalite'
import { type FlightTopic, partitionOf } from './flight.js'
import type { FlightInput } from './input.js'
import type { Stage } from './stage.js'

export async function publish(broker: Broker, flights: FlightTopic, input: FlightInput, stage: Stage, signal: AbortSignal): Promise<void> {
  const already = await Promise.all(flights.partitions.map((partition) => partition.endOffset()))
  await using producer = broker.producer()
  for await (const some of input.read()) {
    signal.throwIfAborted()
    let published = 0
    for (const flight of some) {
      const partition = partitionOf(flight.origin)
      if (already[partition]! > 0) {
        already[partition]! -= 1
        continue
      }
      published += 1
      const room = producer.write(flights, { key: flight.origin, value: flight, timestamp: flight.date, partition })
      if (!room) await producer.flush()
    }
    await producer.flush()
    stage.add(published)
    // The services run in this process too: let them have their turn.
    await setImmediate()
  }
  stage.end()
}
