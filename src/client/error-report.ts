// Errors that no call of the user waits for. They are an 'error' event; where nobody listens they become a warning of the process,
// because an event nobody hears would be silence, and a throw from the background would end the program.

import type { KafkaliteError } from '../errors.js'

/** The part of an emitter that is needed; any client with an 'error' event is one. */
interface ErrorEmitter {
  listenerCount(event: 'error'): number
  emit(event: 'error', error: KafkaliteError): boolean
}

interface ProcessLike {
  emitWarning?(warning: Error | string, options?: { type?: string; code?: string; detail?: string }): void
}

/** Tells the listeners of 'error' or, without one, the process. Never throws, even if a listener does. */
export function reportError(emitter: ErrorEmitter, error: KafkaliteError): void {
  if (emitter.listenerCount('error') > 0) {
    try {
      emitter.emit('error', error)
    } catch (thrown) {
      warn(`An 'error' listener threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`, error.code)
    }
    return
  }
  warn(error.message, error.code)
}

function warn(message: string, code: string): void {
  const { process } = globalThis as { process?: ProcessLike }
  if (process?.emitWarning === undefined) return
  process.emitWarning(message, { type: 'KafkaliteWarning', code })
}
