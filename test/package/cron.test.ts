// Cron expressions come from a package that is no dependency: it is loaded when one is first used, by both formats, and whoever does
// not have it is told its name.
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { ROOT } from '../repo/source-file.js'
import { run } from './pack.js'

const consumer = inject('consumer')
const installed = join(consumer, 'node_modules/croner')
const node = (program: string): Promise<string> => run(process.execPath, [program], consumer)

describe.each(['cron.mjs', 'cron.cjs'])('%s', (program) => {
  test('is told to install croner when it is missing, and uses it when it is there', async () => {
    expect(await node(program)).toMatch(/^NOT_SUPPORTED .*package croner: install it/)
    try {
      cpSync(join(ROOT, 'node_modules/croner'), installed, { recursive: true, dereference: true })
      expect(await node(program)).toBe('T09:00:00.000Z\n')
    } finally {
      rmSync(installed, { recursive: true, force: true })
    }
  })
})

test('no published file holds croner or loads it at its start', () => {
  const dist = join(consumer, 'node_modules/kafkalite/dist')
  const programs = readdirSync(dist).filter((name) => /\.c?js$/.test(name))
  expect(programs.length).toBeGreaterThan(5)
  for (const name of programs) {
    const text = readFileSync(join(dist, name), 'utf8')
    expect([name, text.match(/(?:from|require\(|import\()\s*["']croner["']|CronDate|CronPattern/g)]).toEqual([name, null])
  }
})
