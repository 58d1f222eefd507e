// Messages that are sent again and again by a schedule. What is repeated is kept in the queue's state, so it goes on after a restart;
// moments that passed meanwhile are made up for by one message, and none is sent while the one before is not finished: they never pile
// up. Each has an id made of the repeat's name and its moment, so two who keep the same queue open send it once.

import type { QueueSession } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import type { Clock, Timer } from '../lib/clock.js'
import { decodeUtf8Strict, encodeUtf8, readUtf8 } from '../lib/text.js'
import { encodeHeaders } from '../record/record.js'
import { invalid } from './options-check.js'
import type { NewMessage } from './queue-options.js'
import { type CronParser, readSchedule, type RepeatSchedule } from './queue-schedule.js'

/** What is kept of a repeat. */
interface StoredRepeat {
  readonly schedule: RepeatSchedule
  readonly nextMs: number
  /** Which one was sent last; '' for none. */
  readonly last: string
  readonly message: StoredMessage
}

interface StoredMessage {
  readonly value: unknown
  readonly key?: string | null | undefined
  readonly headers?: readonly (readonly [string, string | null])[] | undefined
  readonly priority?: number | undefined
  readonly ttlMs?: number | undefined
}

/** A repeat that could not be sent is tried again after this. Milliseconds. */
const RETRY_MS = 1000

export interface RepeatHost {
  readonly clock: Clock
  readonly session: QueueSession
  readonly cron: CronParser | undefined
  send(message: NewMessage<unknown>): Promise<unknown>
  /** Whether a message is waiting or in work. */
  isUnfinished(id: string): Promise<boolean>
  report(error: unknown): void
}

export class QueueRepeats {
  private timer: Timer | null = null
  private sending: Promise<void> = Promise.resolve()
  private closed = false

  constructor(private readonly host: RepeatHost) {
    this.arm()
  }

  async add(id: string, schedule: RepeatSchedule, message: Omit<NewMessage<unknown>, 'id'>): Promise<void> {
    if ('delayMs' in message || 'at' in message || 'id' in message || 'unique' in message)
      throw invalid(
        "a message that is repeated has no delayMs, at, id or unique: its schedule says when, and its id is made of the repeat's",
      )
    const next = await readSchedule(schedule, this.host.cron)
    const nextMs = next(this.host.clock.now())
    if (nextMs === null) throw invalid(`the schedule of repeat "${id}" has no moment in the future`)
    const { value, key, headers, priority, ttlMs } = message
    const stored: StoredMessage = { value, key, headers: headers === undefined ? undefined : headersAsText(headers), priority, ttlMs }
    // The same schedule given again, as at every start of a program, changes the message and not the moment.
    const before = this.read(id)
    const isSame = before !== undefined && JSON.stringify(before.schedule) === JSON.stringify(schedule)
    await this.store(id, { schedule, nextMs: isSame ? before.nextMs : nextMs, last: before?.last ?? '', message: stored })
    this.arm()
  }

  list(): { id: string; next: number }[] {
    return [...this.host.session.repeats().keys()].map((id) => ({ id, next: (this.read(id) as StoredRepeat).nextMs }))
  }

  async stop(id: string): Promise<boolean> {
    if (!this.host.session.repeats().has(id)) return false
    await this.host.session.setRepeat(id, undefined)
    this.arm()
    return true
  }

  async close(): Promise<void> {
    this.closed = true
    this.timer?.cancel()
    this.timer = null
    await this.sending
  }

  /** One timer for the earliest. It keeps no process alive: what falls due meanwhile is made up for. */
  private arm(atLeastMs = 0): void {
    this.timer?.cancel()
    this.timer = null
    const next = Math.min(...this.list().map((repeat) => repeat.next))
    if (next === Infinity || this.closed) return
    this.timer = this.host.clock.setTimer(Math.max(next, atLeastMs), () => {
      this.timer = null
      this.sending = this.sendDue().catch((error: unknown) => {
        if (this.closed || KafkaliteError.is(error, 'CLOSED')) return
        this.host.report(error)
        this.arm(this.host.clock.now() + RETRY_MS)
      })
    })
  }

  private async sendDue(): Promise<void> {
    const now = this.host.clock.now()
    for (const { id, next } of this.list()) if (next <= now && !this.closed) await this.sendOne(id, now)
    if (!this.closed) this.arm()
  }

  private async sendOne(id: string, now: number): Promise<void> {
    const repeat = this.read(id)
    if (repeat === undefined || repeat.nextMs > now) return
    const name = `${id}@${repeat.nextMs}`
    const isBusy = repeat.last !== '' && repeat.last !== name && (await this.host.isUnfinished(repeat.last))
    if (!isBusy) await this.host.send({ ...(repeat.message as NewMessage<unknown>), id: name })
    const next = (await readSchedule(repeat.schedule, this.host.cron))(now)
    const current = this.read(id)
    if (current === undefined || current.nextMs !== repeat.nextMs) return
    if (next === null) await this.host.session.setRepeat(id, undefined)
    else await this.store(id, { ...current, nextMs: next, last: isBusy ? repeat.last : name })
  }

  private read(id: string): StoredRepeat | undefined {
    const content = this.host.session.repeats().get(id)
    return content === undefined ? undefined : (JSON.parse(decodeUtf8Strict(content)) as StoredRepeat)
  }

  private store(id: string, repeat: StoredRepeat): Promise<void> {
    return this.host.session.setRepeat(id, encodeUtf8(JSON.stringify(repeat)))
  }
}

function headersAsText(headers: NonNullable<NewMessage<unknown>['headers']>): (readonly [string, string | null])[] {
  return encodeHeaders(headers).map(([name, value]) => [
    name,
    value === null || typeof value === 'string' ? value : readUtf8(value, 0, value.length),
  ])
}
