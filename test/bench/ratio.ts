// Measures two ways of doing the same work against each other in one run: they take turns, in an order that changes each round, so that
// what slows the machine slows both. The result is the ratio of each round, not of two averages.

/**
 * One side of a comparison, made ready anew for each round; only `work` is timed. It throws when the work was not done. What measures
 * by itself answers what the units cost, in seconds or bytes.
 */
export interface Side {
  readonly units: number
  work(): Promise<void> | void | Promise<number>
  end?(): Promise<void> | void
}
export type Prepare = () => Promise<Side> | Side

export interface Row {
  readonly name: string
  readonly yardstick: string
  /** The ratio that it is to reach; absent: it has none. */
  readonly target?: number
  /** More about our side in the last round. */
  readonly note?: () => string
  /** Why it cannot be measured on this machine. */
  readonly missing?: string | undefined
  readonly ours: Prepare
  readonly theirs: Prepare
}

export interface Result {
  /** Ours by theirs: of all rounds the middle, the least and the most. */
  readonly median: number
  readonly least: number
  readonly most: number
  /** Units a second, the middle of all rounds. */
  readonly ours: number
  readonly theirs: number
}

const WARM_ROUNDS = 2

async function rate(prepare: Prepare): Promise<number> {
  const side = await prepare()
  globalThis.gc?.()
  const start = performance.now()
  const cost = (await side.work()) ?? (performance.now() - start) / 1000
  await side.end?.()
  return side.units / cost
}

export async function compare(row: Row, rounds: number): Promise<Result> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = -WARM_ROUNDS; round < rounds; round++) {
    const oursFirst = round % 2 === 0
    const first = await rate(oursFirst ? row.ours : row.theirs)
    const second = await rate(oursFirst ? row.theirs : row.ours)
    if (round < 0) continue
    ours.push(oursFirst ? first : second)
    theirs.push(oursFirst ? second : first)
  }
  const ratios = ours.map((own, round) => own / theirs[round]!)
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios), ours: median(ours), theirs: median(theirs) }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/** Says that a side did less, or something else, than it was to do. */
export function mustBe(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`)
}
