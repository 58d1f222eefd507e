// What a client in another language does is a program, the scenario, which prints `ok NAME` or `failed NAME: WHY` for each check. Here
// each check is a test of its own, so that what fails is seen by its name, and one that is not told of fails, too.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Broker, type ListenOptions } from 'kafkalite'
import { run } from '../kafka/tools.js'
import type { Checks } from './checks.js'

/** The lines that an install script printed. */
export async function installed(client: string, ...args: readonly string[]): Promise<readonly string[]> {
  const script = fileURLToPath(new URL(`../../.ci/${client}/install.sh`, import.meta.url))
  return (await run(script, args)).trim().split('\n')
}

/** A test for each check; `start` runs the scenario against a broker's address and answers what it printed. */
export function scenario(checks: Checks, start: (address: string) => Promise<string>, options?: ListenOptions): void {
  let lines: readonly string[] = []

  beforeAll(async () => {
    const broker = await Broker.open()
    const { address } = await broker.listen(options)
    try {
      // Some clients log to the same place.
      lines = (await start(address)).split('\n').filter((line) => /^(ok|failed) /.test(line))
    } finally {
      await broker.close()
    }
  })

  for (const [feature, names] of Object.entries(checks))
    describe(feature, () => {
      test.each(names)('%s', (name) => {
        const line = lines.find((each) => isAbout(each, name))
        expect(line ?? lines.join('\n')).toBe(`ok ${name}`)
      })
    })

  // A hook, so that there are as many tests as checks.
  afterAll(() => {
    const names = Object.values(checks).flat()
    const more = lines.filter((line) => !names.some((name) => isAbout(line, name)))
    expect(more, 'nothing else is checked').toEqual([])
  })
}

const isAbout = (line: string, name: string): boolean => line === `ok ${name}` || line.startsWith(`failed ${name}: `)
