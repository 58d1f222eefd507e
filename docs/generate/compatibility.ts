// The table of docs/compatibility.md: how many checks each client is tried with, by the feature that they are about. A scenario declares
// its checks; those of other suites are the tests that TypeScript's parser finds in their files. The rest of the page is written by hand.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { FEATURES, type Feature } from '../../test/clients/checks.js'
import { type Suite, SUITES } from '../../test/clients/suites.js'

const ROOT = new URL('../../', import.meta.url)
const START = '<!-- Generated from test/clients by npm run tables. -->\n'
const END = '<!-- The end of what is generated. -->\n'

const textOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8')

/** The feature of each test of a file: the name of the `describe` around it when that is a feature, otherwise the file's own. */
export function featuresOf(source: string, ofFile: Feature): readonly Feature[] {
  const found: Feature[] = []
  const visit = (node: ts.Node, feature: Feature): void => {
    let inside = feature
    if (ts.isCallExpression(node)) {
      const [first] = node.arguments
      const { expression } = node
      const name = first !== undefined && ts.isStringLiteral(first) ? FEATURES.find((each) => each === first.text) : undefined
      if (expression.getText() === 'describe' && name !== undefined) inside = name
      if (expression.getText() === 'test') found.push(feature)
      if (ts.isCallExpression(expression) && expression.expression.getText() === 'test.each')
        found.push(...Array.from({ length: lengthOf(expression.arguments[0]) }, () => feature))
    }
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest, true), ofFile)
  return found
}

function lengthOf(node: ts.Expression | undefined): number {
  if (node !== undefined && ts.isAsExpression(node)) return lengthOf(node.expression)
  if (node === undefined || !ts.isArrayLiteralExpression(node)) throw new Error('the cases of a test of clients stand in the call')
  return node.elements.length
}

function countsOf({ checks, files }: Suite): ReadonlyMap<Feature, number> {
  const features =
    checks === undefined
      ? Object.entries(files).flatMap(([file, feature]) => featuresOf(textOf(`test/clients/${file}`), feature))
      : FEATURES.flatMap((feature) => (checks[feature] ?? []).map(() => feature))
  return new Map(FEATURES.map((feature) => [feature, features.filter((each) => each === feature).length]))
}

function headOf({ client, version: [file, pattern] }: Suite): string {
  const version = pattern.exec(textOf(file))?.[1]
  if (version === undefined) throw new Error(`${file} does not say the version of ${client}`)
  return `${client} ${version}`
}

function renderTable(): string {
  const counts = SUITES.map(countsOf)
  const row = (head: string, cells: readonly (number | string)[]): string => `| ${head} | ${cells.join(' | ')} |\n`
  const rows = FEATURES.map((feature) =>
    row(
      feature,
      counts.map((count) => count.get(feature) || ''),
    ),
  )
  const sums = counts.map((count) => [...count.values()].reduce((sum, each) => sum + each, 0))
  return `${row('', SUITES.map(headOf))}| --- |${' ---: |'.repeat(SUITES.length)}\n${rows.join('')}${row('all', sums)}`
}

/** The page with its table made anew. */
export function renderCompatibility(): string {
  const page = textOf('docs/compatibility.md')
  const [start, end] = [page.indexOf(START), page.indexOf(END)]
  if (start < 0 || end < start) throw new Error('docs/compatibility.md says where its table starts and ends')
  return `${page.slice(0, start)}${START}\n${renderTable()}\n${page.slice(end)}`
}
