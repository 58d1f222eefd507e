// As cron.mjs, from CommonJS.
const { Broker } = require('kafkalite')

async function main() {
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
}

main()
