// Request and reply between two modules of one program: each knows the queue's name and nothing of the other. The reply, or the reason
// why there is none, comes through the receipt; it is kept with the queue, so it can also be asked for later, by the request's id.

import { Broker, UnrecoverableError } from 'kafkalite'

interface Question {
  from: string
  to: string
}

const broker = await Broker.open()

/** One module knows the distances. */
async function atlas(): Promise<void> {
  const kilometres = new Map([['Bern-Basel', 95]])
  const questions = await broker.queue<Question, { kilometres: number }>('distances')
  await questions.process(({ value: { from, to } }) => {
    const found = kilometres.get(`${from}-${to}`)
    if (found === undefined) throw new UnrecoverableError(`no road from ${from} to ${to} is known`)
    return { kilometres: found }
  })
}

/** Another plans journeys. */
async function planner(): Promise<void> {
  const questions = await broker.queue<Question, { kilometres: number }>('distances')
  const ask = async (from: string, to: string): Promise<string> => {
    // A question that nobody takes up within five seconds is not worth an answer any more.
    const receipt = await questions.send({ value: { from, to }, ttlMs: 5000, id: `${from}-${to}` })
    const reply = await receipt.acknowledged
    return `${from} to ${to}: ${reply.kilometres} km`
  }
  console.log(await ask('Bern', 'Basel'))
  console.log(await ask('Bern', 'Atlantis').catch((error: Error) => error.message))
  console.log('asked again by its id:', (await questions.acknowledged('Bern-Basel')).kilometres, 'km')
}

await atlas()
await planner()
await broker.close()
