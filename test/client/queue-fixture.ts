// What tests of queues share: a cluster on a virtual clock, a context for the clients, and a way to stop the whole and start it anew.

import type { ClientContext } from '../../src/client/client-context.js'
import { SerdeRegistry, WorkCount } from '../../src/client/client-context.js'
import { Queue } from '../../src/client/queue.js'
import type { QueueOptions } from '../../src/client/queue-options.js'
import type { EmbeddedCluster, EmbeddedClusterOptions } from '../../src/core/embedded-cluster.js'
import { records, type UnpackedRecord } from '../../src/record/batch-reader.js'
import type { VirtualClock } from '../../src/testing/virtual-clock.js'
import { openCluster, readAll, seededRandom } from '../core/cluster-fixture.js'

export interface OpenBroker {
  readonly cluster: EmbeddedCluster
  readonly clock: VirtualClock
  readonly storage: EmbeddedClusterOptions['storage']
  queue<V = string, R = unknown>(name: string, options?: QueueOptions<V>): Promise<Queue<V, R>>
}

export async function openBroker(given: Parameters<typeof openCluster>[0] = {}): Promise<OpenBroker> {
  const { cluster, clock, storage } = await openCluster(given)
  const context: ClientContext = {
    cluster,
    clock,
    random: seededRandom(2),
    serdes: new SerdeRegistry(),
    work: new WorkCount(),
    track: () => () => undefined,
  }
  return { cluster, clock, storage, queue: (name, options) => Queue.open(context, name, options) }
}

export async function recordsOf(cluster: EmbeddedCluster, topic: string): Promise<UnpackedRecord[]> {
  const answers = await cluster.fetch(readAll(topic))
  return answers.flatMap(({ batches }) => batches.flatMap((batch) => records(batch)))
}

/** Polls without waiting until nothing comes. */
export async function receiveAll<V, R>(queue: Queue<V, R>): Promise<Awaited<ReturnType<Queue<V, R>['receive']>>> {
  const all = []
  for (;;) {
    const messages = await queue.receive({ max: 1000, timeoutMs: 0 })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}
