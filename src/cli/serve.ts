// `kafkalite serve`: a broker with listeners as a process of its own. It says one line for each listener when
// clients can connect and ends cleanly, with
// exit code 0, when it is told to.

import { Broker, type BrokerOptions, FileStorage, type Flush } from '../index.js'
import { fail } from './failure.js'
import { parseServeOptions, type ServeOptions } from './serve-options.js'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Resolves when clients can connect. */
export async function serve(args: readonly string[]): Promise<void> {
  const options = parseServeOptions(args, process.env)
  const broker = await Broker.open(brokerOptions(options))
  broker.on('error', (error) => console.error(`kafkalite: ${error.message}`))
  let addresses: readonly string[]
  try {
    for (const { name, partitions } of options.topics) await broker.topic(name, { partitions })
    addresses = await listenEverywhere(broker, options)
  } catch (error) {
    await broker.close()
    throw error
  }
  endOnSignal(broker)
  for (const address of addresses) console.log(`kafkalite listening on ${address}`)
}

function brokerOptions({ data, flush, configs }: ServeOptions): BrokerOptions {
  return {
    ...configs.broker,
    topicDefaults: configs.topicDefaults,
    // A wrong word is refused with the right ones by the broker itself.
    ...(flush !== undefined && { flush: flush as Flush }),
    ...(data !== undefined && { storage: new FileStorage(data) }),
  }
}

async function listenEverywhere(broker: Broker, { listen, advertised, security, configs }: ServeOptions): Promise<string[]> {
  const addresses: string[] = []
  for (const { host, port } of listen) {
    const { address } = await broker.listen({ ...configs.listener, ...security, host, port, advertised })
    addresses.push(address)
  }
  return addresses
}

/** A second signal ends it at once, as if nobody listened. */
function endOnSignal(broker: Broker): void {
  const end = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end)
    broker.close().then(
      () => process.exit(0),
      (error: unknown) => {
        fail(error)
        process.exit()
      },
    )
  }
  for (const signal of SIGNALS) process.on(signal, end)
}
