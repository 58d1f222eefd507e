// Repeats a message by a cron expression, which needs the package croner; says what it heard when that is not installed.
import { Broker } from 'kafkalite'

const broker = await Broker.open()
const queue = await broker.queue('reports')
try {
  await queue.repeat('weekly', { cron: '0 9 * * 1', timezone: 'UTC' }, { value: 'report' })
  const [{ next }] = await queue.repeats()
  console.log(new Date(next).toISOString().slice(10))
} catch ({ code, message }) {
  console.log(code, message)
}
await broker.close()
