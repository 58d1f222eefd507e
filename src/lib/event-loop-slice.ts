// Keeps work that always finds more to do (a consumer with a backlog, the cleaner of a large log) from holding up the event loop. In
// memory everything is answered at once, so without this it would be done in one go while timers, sockets and files of the program wait.

import type { Clock } from './clock.js'

/** How long to go on before others get a turn, unless the work says otherwise. Milliseconds. */
const SLICE_MS = 20
/** How many looks at a clock that stands still count as a slice. */
const LOOKS_MAX = 256

/** A port as browsers and Node both have it. */
interface Port {
  onmessage: (() => void) | null
  close(): void
  postMessage(message: unknown): void
}

export class EventLoopSlice {
  private endsAtMs: number
  private looks = 0

  /** @param sliceMs how long to go on before others get a turn. Milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly sliceMs: number = SLICE_MS,
  ) {
    this.endsAtMs = clock.now() + sliceMs
  }

  /** Whether others should get a turn. To be asked every few hundred records. */
  get isOver(): boolean {
    return ++this.looks > LOOKS_MAX || this.clock.now() >= this.endsAtMs
  }

  /** A new slice, after something was waited for. */
  begin(): void {
    this.looks = 0
    this.endsAtMs = this.clock.now() + this.sliceMs
  }

  /** Gives timers and input a turn. While it waits the process is kept alive, because there is work to go on with. */
  async giveTurn(): Promise<void> {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel() as unknown as { port1: Port; port2: Port }
      // Setting onmessage is what keeps the process alive in Node.
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    })
    this.begin()
  }
}
