// The logs that keep what a group knows of a topic that is not its own: every storage takes their names, no two groups share one, and no
// topic can have one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker, FileStorage } from 'kafkalite'
import { expect, test } from 'vitest'
import { checkTopicName, groupStateName, isGroupStateOf, isLogName, parkingLogName, stateLogName } from '../../src/core/topic-name.js'

const TOPIC_ID = 'abcdefghijklmnopqrst-_'
const GROUPS = ['billing', 'a.b', 'a_b', 'a_5f_b', 'a b', 'ä€𝄞', '~', '%7e%', '', 'x'.repeat(150), 'a/b', 'a\\b', '..']

test.each(GROUPS)('of the group "%s" are legal and say which topic they are about', (group) => {
  const name = groupStateName(group, TOPIC_ID)
  for (const log of [stateLogName(name), parkingLogName(name)]) {
    expect(isLogName(log)).toBe(true)
    expect(isGroupStateOf(log, TOPIC_ID)).toBe(true)
    expect(isGroupStateOf(log, 'Abcdefghijklmnopqrst-_')).toBe(false)
  }
  expect(() => checkTopicName(name)).toThrow(expect.objectContaining({ code: 'INVALID_TOPIC_EXCEPTION' }))
})

test('of different groups are different', () => {
  expect(new Set(GROUPS.map((group) => groupStateName(group, TOPIC_ID))).size).toBe(GROUPS.length)
  expect(() => groupStateName('x'.repeat(250), TOPIC_ID)).toThrow(expect.objectContaining({ code: 'INVALID_GROUP_ID' }))
})

test('are kept in a folder of files, and go with the topic', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-names-'))
  const open = (): Promise<Broker> => Broker.open({ storage: new FileStorage(folder) })
  try {
    const first = await open()
    const orders = await first.topic('orders')
    const queue = await first.queue<string>('billing: eu', { source: 'orders' })
    for (const value of ['one', 'two']) await orders.send({ value: JSON.stringify(value) })
    const [message] = await queue.receive()
    await message?.acknowledge()
    await first.close()
    const second = await open()
    const again = await second.queue<string>('billing: eu', { source: 'orders' })
    const [next] = await again.receive()
    expect([message?.value, next?.value]).toEqual(['one', 'two'])
    await again.close()
    await second.deleteTopic('orders')
    await second.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
