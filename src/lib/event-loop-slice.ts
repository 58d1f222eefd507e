// Keeps work that always finds more to do (a consumer with a backlog, a producer in a loop, the cleaner of a large log) from holding up
// the event loop. In memory everything is answered at once, so without this it would be done in one go while timers, sockets and files
// of the program wait. The loop is one for all: when somebody's slice is over, everybody's is, and all wait for the same turn.

import type { Clock } from './clock.js'

/** How long to go on before others get a turn, unless the work says otherwise. Milliseconds. */
const SLICE_MS = 5
/** How many looks at a clock that stands still count as a slice. */
const LOOKS_MAX = 256

/** A port as browsers and Node both have it. */
interface Port {
  onmessage: (() => void) | null
  close(): void
  postMessage(message: unknown): void
}

/** Runs it in the next turn of the event loop. While it waits the process is kept alive, because there is work to go on with. */
const inNextTurn: (run: () => void) => unknown =
  (globalThis as { setImmediate?: (run: () => void) => unknown }).setImmediate ??
  ((run) => {
    const { port1, port2 } = new MessageChannel() as unknown as { port1: Port; port2: Port }
    port1.onmessage = () => {
      port1.close()
      run()
    }
    port2.postMessage(null)
  })

/** Counts the turns of the event loop in which somebody asked for the time. */
let turn = 0
let isTurnAwaited = false
let waiting: (() => void)[] = []

function awaitTurn(): void {
  if (isTurnAwaited) return
  isTurnAwaited = true
  inNextTurn(() => {
    isTurnAwaited = false
    turn++
    const resolves = waiting
    waiting = []
    for (const resolve of resolves) resolve()
  })
}

/** When the slices of one clock are over, in the turn that they began in. */
interface Deadline {
  turn: number
  beganAtMs: number
}
const deadlines = new WeakMap<Clock, Deadline>()

/** Resolves in the next turn of the event loop. All that wait for it share the turn. */
export function nextTurn(): Promise<void> {
  return new Promise<void>((resolve) => {
    waiting.push(resolve)
    awaitTurn()
  })
}

export class EventLoopSlice {
  private readonly deadline: Deadline
  private looks = 0

  /** @param sliceMs how long to go on before others get a turn. Milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly sliceMs: number = SLICE_MS,
  ) {
    let deadline = deadlines.get(clock)
    if (deadline === undefined) {
      deadline = { turn: -1, beganAtMs: 0 }
      deadlines.set(clock, deadline)
    }
    this.deadline = deadline
  }

  /** Whether others should get a turn. To be asked every few hundred records. */
  get isOver(): boolean {
    const { deadline } = this
    const now = this.clock.now()
    if (deadline.turn !== turn) {
      // The first to ask since the loop turned.
      deadline.turn = turn
      deadline.beganAtMs = now
      this.looks = 0
      awaitTurn()
      return false
    }
    return ++this.looks > LOOKS_MAX || now - deadline.beganAtMs >= this.sliceMs
  }

  /** Gives timers and input a turn. */
  giveTurn(): Promise<void> {
    this.looks = 0
    return nextTurn()
  }
}
