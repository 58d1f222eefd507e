// Room for large requests: what fits is let in at once, the rest in the order in which it came, and nobody keeps it for ever.
import { expect, test } from 'vitest'
import { VirtualClock } from 'kafkalite/testing'
import { RequestRoom, type RoomHolder } from '../../src/server/request-room.js'

interface Seen extends RoomHolder {
  readonly heard: string[]
}

function holder(): Seen {
  const heard: string[] = []
  return { heard, admitted: () => void heard.push('admitted'), overdue: () => void heard.push('overdue') }
}

test('what fits is let in at once, and what does not when room was left, in order', () => {
  const room = new RequestRoom(new VirtualClock(), 100)
  const [a, b, c, d] = [holder(), holder(), holder(), holder()]
  expect([room.enter(a, 60), room.enter(b, 60), room.enter(c, 10), room.enter(d, 100)]).toEqual([true, false, false, false])
  room.arrived(a)
  room.leave(60)
  expect([b.heard, c.heard, d.heard]).toEqual([['admitted'], ['admitted'], []])
  room.gone(b, 60)
  expect(d.heard).toEqual([])
  room.gone(c, 10)
  expect(d.heard).toEqual(['admitted'])
})

test('a request that is larger than all the room is let in alone', () => {
  const room = new RequestRoom(new VirtualClock(), 100)
  const [a, b] = [holder(), holder()]
  expect([room.enter(a, 500), room.enter(b, 1)]).toEqual([true, false])
  room.leave(500)
  expect(b.heard).toEqual(['admitted'])
})

test('who is gone waits no more', () => {
  const room = new RequestRoom(new VirtualClock(), 100)
  const [a, b, c] = [holder(), holder(), holder()]
  room.enter(a, 100)
  room.enter(b, 100)
  room.enter(c, 100)
  room.gone(b, 0)
  room.leave(100)
  expect([b.heard, c.heard]).toEqual([[], ['admitted']])
})

test('who sends for half a minute while others wait is sent away, and nobody else', async () => {
  const clock = new VirtualClock()
  const room = new RequestRoom(clock, 100)
  const [slow, answering, waiting] = [holder(), holder(), holder()]
  room.enter(slow, 50)
  room.enter(answering, 50)
  room.arrived(answering)
  await clock.advance(1_000_000)
  expect(slow.heard).toEqual([])
  room.enter(waiting, 50)
  await clock.advance(29_999)
  expect(slow.heard).toEqual([])
  await clock.advance(1)
  expect([slow.heard, answering.heard, waiting.heard]).toEqual([['overdue'], [], []])
  room.gone(slow, 50)
  expect(waiting.heard).toEqual(['admitted'])
})
