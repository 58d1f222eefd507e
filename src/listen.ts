// How the broker gets at its listener without knowing of sockets: the entry for Node says where the listener is to be loaded from, and
// only a program that listens loads it. Where nobody has said so, as in a browser, there is none.

import type { Cluster } from './core/cluster.js'
import { KafkaliteError } from './errors.js'
import type { Listener, ListenOptions } from './server/listen-options.js'

type Listen = (cluster: Cluster, options?: ListenOptions) => Promise<Listener>

let load: (() => Promise<{ readonly listen: Listen }>) | undefined

/** Says where the listener comes from. */
export function provideListener(from: () => Promise<{ readonly listen: Listen }>): void {
  load = from
}

/** NOT_SUPPORTED where there are no sockets. */
export async function openListener(cluster: Cluster, options: ListenOptions | undefined): Promise<Listener> {
  if (load === undefined) throw new KafkaliteError('NOT_SUPPORTED', 'There is no listener here: it needs the sockets of Node')
  const { listen } = await load()
  return listen(cluster, options)
}
