// Both formats in one process are two copies of every class. An error is known by its brand and its code, and a clock or a serde of one
// copy works in a broker of the other.
import { createRequire } from 'node:module'
import * as esm from 'kafkalite'

const require = createRequire(import.meta.url)
const cjs = require('kafkalite')
const testing = require('kafkalite/testing')

const broker = await esm.Broker.open({ clock: new testing.VirtualClock() })
const topic = await broker.topic('orders', { value: cjs.json() })
const { offset } = await topic.send({ key: 'a', value: { one: 1 } })
await broker.close()
const fromEsm = await broker.topic('late').catch((error) => error)
const fromCjs = new cjs.KafkaliteError('CLOSED', 'made by the other copy')

console.log(
  esm.KafkaliteError !== cjs.KafkaliteError,
  offset,
  cjs.KafkaliteError.is(fromEsm, 'CLOSED'),
  esm.KafkaliteError.is(fromCjs, 'CLOSED'),
  esm.KafkaliteError.is(fromCjs, 'DISK_FULL'),
)
