// Signals end what waits on a queue: a loop over its messages, and receivers, whose handlers end first.

import { expect, test } from 'vitest'
import type { Message } from '../../src/client/message.js'
import { KafkaliteError } from '../../src/errors.js'
import { openBroker } from './queue-fixture.js'

const stop = new Error('stop')

test('a loop over messages ends with the reason of its signal, and takes nothing more', async () => {
  const { queue } = await openBroker()
  const mail = await queue('mail')
  await mail.send({ value: 'a' })
  const control = new AbortController()
  const seen: string[] = []
  const loop = async (): Promise<void> => {
    for await (const message of mail.messages({ signal: control.signal })) {
      seen.push(message.value)
      await message.acknowledge()
    }
  }
  const looping = loop()
  await mail.drained()
  control.abort(stop)
  await expect(looping).rejects.toBe(stop)
  await mail.send({ value: 'b' })
  expect(seen).toEqual(['a'])
  expect(await mail.counts()).toMatchObject({ available: 1, acquired: 0 })
  await expect(mail.messages({ signal: AbortSignal.abort(stop) }).next()).rejects.toBe(stop)
})

test.each(['process', 'processBatch'] as const)('%s stops when its signal aborts: what runs ends and is acknowledged', async (way) => {
  const { queue, clock } = await openBroker()
  const mail = await queue('mail')
  const control = new AbortController()
  const { signal } = control
  let finish: () => void = () => undefined
  const began: string[] = []
  const work = (message: Message<string> | undefined): Promise<void> => {
    began.push(message?.value ?? '')
    return new Promise((resolve) => {
      finish = resolve
    })
  }
  const receiver = await (way === 'process'
    ? mail.process(work, { signal, prefetch: 0 })
    : mail.processBatch(([message]) => work(message), { signal, max: 1 }))
  await mail.send(['a', 'b'].map((value) => ({ value })))
  await clock.settle()
  control.abort(stop)
  finish()
  await receiver.done
  expect(began).toEqual(['a'])
  expect(await mail.counts()).toMatchObject({ available: 1, acquired: 0 })
  await expect(mail[way](() => undefined, { signal })).rejects.toBe(stop)
})

test('an id is a text, wherever it is asked for', async () => {
  const { queue } = await openBroker()
  const mail = await queue('mail')
  const id = undefined as unknown as string
  for (const ask of [() => mail.acknowledged(id), () => mail.status(id), () => mail.remove(id)]) {
    await expect(ask()).rejects.toSatisfy((error) => KafkaliteError.is(error, 'INVALID_ARGUMENT'))
  }
})
