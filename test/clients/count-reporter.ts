// Says at the end of a run how many checks each client of Kafka has passed, in one line, where clients were tried at all.
import type { Reporter, TestModule } from 'vitest/node'
import { type Suite, SUITES } from './suites.js'

/** What is said of a client: `librdkafka 29 passed`, or with `, 1 failed`; nothing when it was not tried. */
function countOf({ client, files }: Suite, modules: readonly TestModule[]): string | undefined {
  const names = Object.keys(files).map((file) => `test/clients/${file}`)
  const ours = modules.filter(({ moduleId }) => names.some((name) => moduleId.replaceAll('\\', '/').endsWith(name)))
  if (ours.length === 0) return undefined
  const states = ours.flatMap(({ children }) => [...children.allTests()].map((test) => test.result().state))
  const told = (['passed', 'failed', 'skipped'] as const).map((state) => [states.filter((each) => each === state).length, state] as const)
  return `${client} ${told.flatMap(([count, state]) => (count === 0 ? [] : `${count} ${state}`)).join(', ')}`
}

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = SUITES.map((suite) => countOf(suite, modules)).filter((count) => count !== undefined)
    if (counts.length > 0) console.log(`clients: ${counts.join('; ')}`)
  }
}
