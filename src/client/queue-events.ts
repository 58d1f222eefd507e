// What a queue tells those who listen. Events are about the messages received through this Queue object; dead letters about all.

import type { KafkaliteError } from '../errors.js'
import type { Message } from './message.js'

/** What a queue tells, as events of eventemitter3. */
export interface QueueEvents<V = unknown, R = unknown> {
  /** A message was acknowledged here, and that is written. */
  acknowledged: [message: Message<V, R>]
  /** A message was released here and comes again; with the handler's error when there was one. */
  released: [message: Message<V, R>, error: unknown]
  /** A message was given up: rejected, or delivered too often. The copy is in the dead-letter topic. */
  deadLettered: [message: Message<V, R>, error: unknown]
  /** A handler said how far it is. */
  progress: [message: Message<V, R>, value: number]
  /** The lock of a message that a handler works on ran out: another receiver may get it. */
  stalled: [message: Message<V, R>]
  /** Something failed in the background. Without a listener it becomes a warning of the process. */
  error: [error: KafkaliteError]
}
