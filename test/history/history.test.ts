// Real concurrency in one process, in memory and on the machine's disk, and the check of what everybody saw.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/index.js'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { History } from './history.js'

async function play(seed: number, flush: 'os' | 'interval' | 'always', folder: string | null): Promise<History> {
  const storage = folder === null ? {} : { storage: new FileStorage(folder) }
  const history = new History({ flush, recordsPerSender: 150, random: seededRandom(seed), ...storage })
  await history.run()
  return history
}

describe('What senders, readers and a group with changing members saw fits together', () => {
  it.each([1, 2, 3])('in memory, with seed %i', async (seed) => {
    const history = await play(seed, 'os', null)
    history.check()
    expect(history.sent.length).toBe(history.total)
    expect(history.stays.length).toBeGreaterThan(3)
  })

  it.each(['os', 'interval', 'always'] as const)('in files at flush %s', async (flush) => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-history-'))
    const history = await play(4, flush, folder).finally(() => fs.rmSync(folder, { recursive: true }))
    history.check()
    expect(history.log.length).toBe(history.total)
  })

  it('and the check notices a record that is lost, doubled or moved', async () => {
    const history = await play(5, 'os', null)
    const whole = [...history.log]
    const [first, second] = whole as [(typeof whole)[0], (typeof whole)[0]]
    history.log = whole.slice(1)
    expect(() => history.check()).toThrow('records are there')
    history.log = [first, ...whole]
    expect(() => history.check()).toThrow('twice')
    history.log = [{ ...first, value: second.value }, { ...second, value: first.value }, ...whole.slice(2)]
    expect(() => history.check()).toThrow('not where it was said')
    history.log = whole
    ;(history.readers[0] as { value: string }[]).reverse()
    expect(() => history.check()).toThrow('otherwise')
  })
})
