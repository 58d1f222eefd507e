// The short form of `npm run endure`: handles that are all closed, and disks that are full.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { fillDisk } from './full-disk.js'
import { countHandles } from './handles.js'

it('leaves no file open after thousands of small operations, and never has many', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-handles-'))
  const { before, most, after } = await countHandles(folder, 3000, seededRandom(1)).finally(() => fs.rmSync(folder, { recursive: true }))
  expect(after).toBe(before)
  expect(most).toBeLessThan(before + 30)
})

it.each(['always', 'os'] as const)(
  'refuses what a full disk cannot hold, loses nothing, and goes on when there is room, at flush %s',
  async (flush) => {
    const { first, second } = await fillDisk(flush)
    expect(first).toBeGreaterThan(100)
    expect(second).toBeGreaterThan(100)
  },
)
