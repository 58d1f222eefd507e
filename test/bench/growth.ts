// npm run bench:growth [-- --quick]
// What a record costs as things grow, as numbers (docs/performance.json) and as a plot each (docs/performance-N.svg). Runs the bundle
// in a process of its own, as npm run bench does.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { GROWTH_CASES, type Point } from './growth-cases.js'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, into: { type: 'string', default: 'docs' } } })

interface Vega {
  parse(spec: unknown): unknown
  readonly View: new (runtime: unknown, options: object) => { toSVG(): Promise<string> }
}
interface VegaLite {
  compile(spec: unknown): { readonly spec: unknown }
}
/** Names that the bundler leaves to be found when it runs; their types are not installed with the project. */
const [VEGA, VEGA_LITE]: readonly string[] = ['vega', 'vega-lite']
const vega: Vega = await import(VEGA!)
const vegaLite: VegaLite = await import(VEGA_LITE!)

async function plot(title: string, grows: string, cost: string, points: readonly Point[]): Promise<string> {
  const spec = {
    width: 420,
    height: 220,
    title,
    background: 'white',
    data: { values: points },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'size', type: 'quantitative', scale: { type: 'log' }, title: grows },
      y: { field: 'nanoseconds', type: 'quantitative', scale: { zero: true }, title: `nanoseconds for ${cost}` },
    },
  }
  return new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' }).toSVG()
}

const results: object[] = []
for (const [index, { name, grows, cost, measure }] of GROWTH_CASES.entries()) {
  const points: Point[] = []
  for await (const point of measure(values.quick ? 0.1 : 1)) {
    points.push({ size: point.size, nanoseconds: Math.round(point.nanoseconds) })
    console.log(`${name}: ${point.size} -> ${point.nanoseconds.toFixed(0)} ns for ${cost}`)
  }
  results.push({ name, grows, cost, points })
  writeFileSync(`${values.into}/performance-${index + 1}.svg`, await plot(name, grows, cost, points))
}
writeFileSync(`${values.into}/performance.json`, `${JSON.stringify({ node: process.versions.node, results }, null, 2)}\n`)
