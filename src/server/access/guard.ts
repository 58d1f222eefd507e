// A guard stands before the handler of an API on listeners with access rules: it takes out of the request what the client may not do, so
// that the handler never sees it, and puts its refusal into the answer. Handlers know nothing of access.

import type { Awaitable } from '../../lib/awaitable.js'
import type { Call, NoResponse } from '../handler.js'
import type { Access } from './access-control.js'

/** A request or an answer whose fields its API knows. */
export type Fields = Readonly<Record<string, unknown>>

export interface Guarded {
  /** What is left of the request. */
  readonly request: Fields
  /** Puts what was refused into the answer. */
  readonly finish?: ((response: Fields | NoResponse) => Fields | NoResponse) | undefined
  /** Nothing is left: this is the answer, and the handler is not asked. */
  readonly answer?: Fields | NoResponse | undefined
}

export type Guard = (request: Fields, access: Access, call: Call) => Awaitable<Guarded>

/** Types a guard's request by its API. */
export function guard<Q>(run: (request: Q, access: Access, call: Call) => Awaitable<Guarded>): Guard {
  return run as unknown as Guard
}

/** The whole request needs one right. */
export function whole<Q>(allowed: (request: Q, access: Access) => boolean, answer: (request: Q, call: Call) => Fields): Guard {
  return guard<Q & Fields>((request, access, call) => (allowed(request, access) ? { request } : { request, answer: answer(request, call) }))
}

interface Items<E> {
  /** The field of the request that lists them; null in it asks for all, which is passed on. */
  readonly list: string
  /** The field of the answer that lists theirs. */
  readonly into: string
  allowed(item: E, access: Access, call: Call): Awaitable<boolean>
  /** Its entry in the answer. */
  refused(item: E, call: Call): Fields
}

/** Each thing in a list of the request needs its own right. */
export function items<E>({ list, into, allowed, refused }: Items<E>): Guard {
  return async (request, access, call) => {
    const given = request[list] as readonly E[] | null
    const passed: E[] = []
    const answers: Fields[] = []
    for (const item of given ?? []) {
      if (await allowed(item, access, call)) passed.push(item)
      else answers.push(refused(item, call))
    }
    if (answers.length === 0) return { request }
    const finish = (response: Fields | NoResponse): Fields | NoResponse =>
      // Somebody who wants no answer is told by the end of the connection.
      typeof response === 'string' ? 'disconnect' : { ...response, [into]: [...((response[into] as readonly Fields[]) ?? []), ...answers] }
    return { request: { ...request, [list]: passed }, finish }
  }
}

/** One guard behind the other; the first that leaves nothing answers. */
export function both(...guards: readonly Guard[]): Guard {
  return async (request, access, call) => {
    let left = request
    const finishes: ((response: Fields | NoResponse) => Fields | NoResponse)[] = []
    const finish = (response: Fields | NoResponse): Fields | NoResponse => finishes.reduce((answer, each) => each(answer), response)
    for (const each of guards) {
      const guarded = await each(left, access, call)
      if (guarded.answer !== undefined) return { request: left, answer: finish(guarded.answer) }
      left = guarded.request
      if (guarded.finish !== undefined) finishes.push(guarded.finish)
    }
    return { request: left, finish }
  }
}

/** Nothing of the request is refused; the answer is changed. */
export function after(change: (response: Fields, access: Access) => Fields): Guard {
  return (request, access) => ({ request, finish: (response) => (typeof response === 'string' ? response : change(response, access)) })
}

export const open: Guard = (request) => ({ request })
