// docs/differences.md: where kafkalite answers otherwise than Apache Kafka, from the cases that are put to both and Kafka's answers to them.
import { GROUPS } from '../../test/differential/groups.js'
import { answersOf } from '../../test/differential/run.js'
import { valueAt } from '../../test/differential/case.js'

const CELL_CHARS_MAX = 60

function cell(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const short = text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX - 1)}…` : text
  return `\`${short.replaceAll('|', '\\|')}\``
}

export function renderDifferences(): string {
  const sections = GROUPS.map((group) => {
    const { cases } = answersOf(group)
    const rows = group.cases.flatMap(({ name, differs = [] }) =>
      differs.flatMap(({ why, ours }) =>
        Object.entries(ours).map(([at, value], index) => {
          const place = at.replaceAll('|', '\\|')
          return `| ${index === 0 ? name : ''} | ${place} | ${cell(valueAt(cases[name] ?? {}, at))} | ${cell(value)} | ${index === 0 ? why : ''} |`
        }),
      ),
    )
    const count = `${group.cases.length} cases`
    if (rows.length === 0) return `## ${group.name}: ${count}, no difference\n`
    return `## ${group.name}: ${count}\n\n| Case | Field | Kafka | kafkalite | Why |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  const versions = [...new Set(GROUPS.map((group) => answersOf(group).kafka))].join(', ')
  return `<!-- Generated from test/differential by npm run tables. -->
# Other than Kafka

Each of these cases was put to Apache Kafka ${versions} with its own defaults, one node, over the wire; \`npm test\` puts them to kafkalite
and compares every field of every answer but the words of error messages. What differs is here, with the reason; a difference that is
not on this page fails the tests, and so does one that is none any more. \`npm run differential\` asks Kafka again.

${sections.join('\n')}`
}
