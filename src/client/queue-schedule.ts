// When a message that is repeated is due next: every so many milliseconds, or by a cron expression. Expressions are read by the package
// `croner`, loaded when one is first used; whoever has another reader gives it as the queue's option `cron`.

import { describe, KafkaliteError } from '../errors.js'
import { checkOptions, invalid, type OptionRule, someText, wholeNumber } from './options-check.js'

/** When a message is to be sent again and again: by a cron expression, or at every multiple of a span. */
export type RepeatSchedule =
  | {
      /** As `0 9 * * 1-5`: what the reader of expressions takes. */
      readonly cron: string
      /** As `Europe/Zurich`. Default: the machine's own. */
      readonly timezone?: string | undefined
    }
  | {
      /** Milliseconds, from 1. */
      readonly everyMs: number
    }

/** Reads a cron expression. Answers a function that tells the next moment after one: milliseconds since 1970, or null when there is none. */
export type CronParser = (expression: string, timezone: string | undefined) => (afterMs: number) => number | null

/** The part of `croner` that is used. */
interface Croner {
  readonly Cron: new (expression: string, options: { timezone?: string; paused: boolean }) => { nextRun(after: Date): Date | null }
}

const RULES: Readonly<Record<string, OptionRule>> = { cron: someText, timezone: someText, everyMs: wholeNumber(1) }

/** Answers the next moment after one. INVALID_ARGUMENT; NOT_SUPPORTED when there is no reader of cron expressions. */
export async function readSchedule(schedule: RepeatSchedule, parser: CronParser | undefined): Promise<(afterMs: number) => number | null> {
  checkOptions('repeat()', schedule, RULES)
  if (schedule !== undefined && 'everyMs' in schedule && !('cron' in schedule)) {
    const { everyMs } = schedule
    // Multiples of the span, so that two who keep the same repeat agree on its moments, also after a restart.
    return (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs
  }
  if (schedule === undefined || !('cron' in schedule) || 'everyMs' in schedule)
    throw invalid(`repeat() takes a schedule with cron or everyMs, not ${describe(schedule)}`)
  const read = parser ?? (await loadCroner())
  try {
    return read(schedule.cron, schedule.timezone)
  } catch (cause) {
    throw new KafkaliteError('INVALID_ARGUMENT', `${describe(schedule.cron)} is no cron expression`, { cause })
  }
}

async function loadCroner(): Promise<CronParser> {
  // Not a constant of the import, so that bundlers leave it alone: the package is optional.
  const name = 'croner'
  let croner: Croner
  try {
    croner = (await import(name)) as Croner
  } catch (cause) {
    throw new KafkaliteError('NOT_SUPPORTED', 'Cron expressions need the package croner: install it, or give the queue a cron option', {
      cause,
    })
  }
  return (expression, timezone) => {
    const cron = new croner.Cron(expression, { ...(timezone === undefined ? {} : { timezone }), paused: true })
    return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null
  }
}
