// Real processes race for one folder, round after round. In each round some of them die at some step of taking the lock, and the owner
// releases it, dies releasing it or is killed holding it. There are never two owners, and never nobody when nobody died.
import { type ChildProcess, fork } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { Answer, Order } from './racer.js'

export interface RaceOptions {
  readonly rounds: number
  readonly racers: number
  readonly seed: number
}

export interface RaceResult {
  readonly rounds: number
  /** Takes that succeeded, each by one process alone. */
  readonly owners: number
  /** Processes that died by order. */
  readonly deaths: number
  /** Names beginning with LOCK when the last owner had released. */
  readonly leftovers: readonly string[]
}

/** The most calls that one take or release makes; dying behind the last one is not dying. */
const CALLS_MAX = 9

export async function race({ rounds, racers, seed }: RaceOptions): Promise<RaceResult> {
  const place = fs.mkdtempSync(join(tmpdir(), 'kafkalite-locks-'))
  const track = new Track(place, chance(seed))
  try {
    await track.start(racers)
    for (let round = 0; round < rounds; round++) {
      try {
        await track.round()
      } catch (error) {
        throw new Error(`round ${round} of seed ${seed} with ${racers} racers: ${String(error)}`, { cause: error })
      }
    }
    const leftovers = await track.finish()
    return { rounds, owners: track.owners, deaths: track.deaths, leftovers }
  } finally {
    track.clear()
    fs.rmSync(place, { recursive: true, force: true })
  }
}

class Track {
  owners = 0
  deaths = 0
  private readonly program: string
  private readonly folder: string
  private racers: ChildProcess[] = []

  constructor(
    place: string,
    private readonly random: () => number,
  ) {
    this.folder = join(place, 'data')
    this.program = join(place, 'racer.mjs')
    fs.mkdirSync(this.folder)
    const entry = fileURLToPath(new URL('racer.ts', import.meta.url))
    buildSync({ entryPoints: [entry], outfile: this.program, bundle: true, platform: 'node', format: 'esm', target: 'node20' })
  }

  async start(count: number): Promise<void> {
    this.racers = await Promise.all(Array.from({ length: count }, () => this.fresh()))
  }

  async round(): Promise<void> {
    const some = await this.take(true)
    // Whoever the others gave way to may have died.
    const owner = some.owner ?? (some.died ? (await this.take(false)).owner : null)
    if (owner === null) throw new Error('nobody became the owner')
    this.owners++
    await this.leave(owner)
  }

  /** One more owner after all that dying, and what is left when it has released. */
  async finish(): Promise<string[]> {
    const { owner } = await this.take(false)
    if (owner === null) throw new Error('nobody became the last owner')
    await this.ask(owner, { do: 'release', dieAt: 0 })
    return fs.readdirSync(this.folder).filter((name) => name.startsWith('LOCK'))
  }

  clear(): void {
    for (const racer of this.racers) if (racer.connected) racer.disconnect()
  }

  private async take(mayDie: boolean): Promise<{ readonly owner: ChildProcess | null; readonly died: boolean }> {
    const atMs = Date.now() + 2
    const answers = await Promise.all(
      this.racers.map((racer) => this.ask(racer, { do: 'take', atMs, dieAt: mayDie && this.random() < 0.2 ? this.step() : 0 })),
    )
    for (const answer of answers) if (answer !== null && answer.why !== '') throw new Error(answer.why)
    const owners = this.racers.filter((_, n) => answers[n]?.owns)
    if (owners.length > 1) throw new Error(`${owners.length} owners at once`)
    const died = answers.includes(null)
    if (owners.length === 0 && !died) throw new Error('nobody became the owner, and nobody died')
    await this.replace(answers)
    return { owner: owners[0] ?? null, died }
  }

  private async leave(owner: ChildProcess): Promise<void> {
    const way = this.random()
    if (way < 0.5) await this.ask(owner, { do: 'release', dieAt: 0 })
    else if (way < 0.75) await this.replaceOne(owner, await this.ask(owner, { do: 'release', dieAt: this.step() }))
    else {
      const gone = new Promise((resolve) => owner.once('exit', resolve))
      owner.kill('SIGKILL')
      await gone
      fs.unlinkSync(join(this.folder, 'inside'))
      await this.replaceOne(owner, null)
    }
  }

  private step(): number {
    return 1 + Math.floor(this.random() * CALLS_MAX)
  }

  private async replace(answers: readonly (Answer | null)[]): Promise<void> {
    const racers = [...this.racers]
    await Promise.all(racers.map((racer, n) => this.replaceOne(racer, answers[n] ?? null)))
  }

  private async replaceOne(racer: ChildProcess, answer: Answer | null): Promise<void> {
    if (answer !== null) return
    this.deaths++
    this.racers[this.racers.indexOf(racer)] = await this.fresh()
  }

  private async fresh(): Promise<ChildProcess> {
    const racer = fork(this.program, [this.folder], { execArgv: [] })
    await new Promise((resolve) => racer.once('message', resolve))
    return racer
  }

  /** The answer; null when the racer died. */
  private ask(racer: ChildProcess, order: Order): Promise<Answer | null> {
    return new Promise((resolve) => {
      const answered = (answer: unknown): void => {
        racer.off('exit', died)
        resolve(answer as Answer)
      }
      const died = (): void => {
        racer.off('message', answered)
        resolve(null)
      }
      racer.once('message', answered)
      racer.once('exit', died)
      racer.send(order)
    })
  }
}

/** A xorshift: the same seed gives the same orders, though not the same interleaving. */
function chance(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
