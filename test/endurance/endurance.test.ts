// The short form of `npm run endure`: handles that are all closed, and disks that are full.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { CASES, type CaseName } from './full-disk.js'
import { countHandles } from './handles.js'
import { onSmallDisk } from './small-disk.js'

it('leaves no file open after thousands of small operations, and never has many', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-handles-'))
  const { before, most, after } = await countHandles(folder, 3000, seededRandom(1)).finally(() => fs.rmSync(folder, { recursive: true }))
  expect(after).toBe(before)
  expect(most).toBeLessThan(before + 30)
})

const FULL = (Object.keys(CASES) as CaseName[]).flatMap((name) => [[name, 'always'] as const, [name, 'os'] as const])

it.each(FULL)('loses nothing on a full disk, and goes on when there is room: %s at flush %s', async (name, flush) => {
  const { kind, words } = await onSmallDisk(name, flush)
  console.log(`${name} at ${flush}, on ${kind}: ${words}`)
  expect(words).not.toBe('')
})
