// Progress bars on a terminal; elsewhere a plain line for each tenth that a stage has done.

import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import type { Stage, StageWatcher } from './stage.js'

export class Progress implements StageWatcher {
  readonly #bars = process.stdout.isTTY
    ? new MultiBar({ format: '{name} {bar} {percentage}% {value}/{total}', hideCursor: true, gracefulExit: false }, Presets.shades_grey)
    : null
  readonly #barOf = new Map<Stage, SingleBar>()
  readonly #tenthOf = new Map<Stage, number>()

  progressed(stage: Stage): void {
    if (this.#bars) this.#draw(this.#bars, stage)
    else this.#print(stage)
  }

  stop(): void {
    this.#bars?.update()
    this.#bars?.stop()
  }

  #draw(bars: MultiBar, stage: Stage): void {
    const drawn = this.#barOf.get(stage) ?? bars.create(stage.total, stage.done, { name: stage.name.padEnd(10) })
    this.#barOf.set(stage, drawn)
    drawn.update(stage.done)
  }

  #print(stage: Stage): void {
    const tenth = Math.floor((10 * stage.done) / Math.max(1, stage.total))
    if (tenth === this.#tenthOf.get(stage)) return
    this.#tenthOf.set(stage, tenth)
    console.log(`${stage.name}: ${stage.done.toLocaleString('en-US')} of ${stage.total.toLocaleString('en-US')}`)
  }
}
