// Three million flights through one log: a publisher, an analytics group, an auditor and a queue of rebooking jobs, all in this
// process, all kept in one folder. Kill it when you like and start it again: it goes on where it was.

import { rmSync } from 'node:fs'
import { Broker, FileStorage } from 'kafkalite'
import { readOptions } from './options.js'
import { printResources } from './report.js'
import { replay } from './replay.js'
import { run } from './run.js'

const options = readOptions(process.argv.slice(2))
if (options.fresh) rmSync(options.folder, { recursive: true, force: true })

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())

const broker = await Broker.open({ storage: new FileStorage(options.folder) })
try {
  const { signal } = interrupt
  const agreed = await (options.replay ? replay(broker, options.since, signal) : run(broker, options.flights, signal))
  printResources(options.folder)
  process.exitCode = agreed ? 0 : 1
} catch (error) {
  const interrupted = interrupt.signal.aborted
  console.error(interrupted ? 'Stopped. Start again to go on from here.' : error)
  process.exitCode = interrupted ? 130 : 1
} finally {
  await broker.close()
}
