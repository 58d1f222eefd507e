// A report every day for a month, in no time: the clock is a virtual one. A repeat is kept with its queue and never piles up.

import { Broker } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

const clock = new VirtualClock(new Date('2026-01-01T00:00:00Z'))
const broker = await Broker.open({ clock })
const reports = await broker.queue<{ kind: string }>('reports')

await reports.repeat('daily', { everyMs: 86_400_000 }, { value: { kind: 'sales' } })
let written = 0
const receiver = await reports.process(({ value }) => {
  written++
  if (written === 1) console.log(`${value.kind}: first report at ${new Date(clock.now()).toISOString()}`)
})

await clock.advance('30 days')
console.log('reports after 30 days:', written)

// Nobody takes them for a week: one waits, not seven.
await receiver.close()
await clock.advance('7 days')
console.log('waiting after a week without a receiver:', (await reports.counts()).available)

await broker.close()
