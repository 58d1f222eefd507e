// docs/options.md: one table for each exported interface of options, read off its doc comments by TypeScript's parser. What a comment
// says by itself is split into columns: Kafka's name (`retention.ms`), the default (`Default: 5000`), the unit (from the name's ending).
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = new URL('../../', import.meta.url)

/** Where options are declared: every file of these folders, and these files. */
const SOURCES = [
  'src/broker-options.ts',
  'src/broker.ts',
  'src/topic.ts',
  'src/core/topic-config.ts',
  'src/core/cluster.ts',
  'src/client/',
  'src/storage/memory.ts',
  'src/storage/file/file-storage.ts',
]

const OPTIONS_NAME = /(Options|TopicConfig|Policy)$/

/** One option, as a row of its table. */
export interface OptionRow {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly preset: string
  readonly kafkaName: string
  readonly text: string
}

export interface OptionTable {
  readonly name: string
  readonly text: string
  readonly rows: readonly OptionRow[]
}

const KAFKA_NAME = /(?<![\w./@-])[a-z]+(?:\.[a-z]+)+(?![\w/])(?!\()/g
const NOT_KAFKA = /\.(ts|js|md|json|log|index|timeindex)$|^(e\.g|i\.e|process\.\w+|record\.\w+|node\.js)$/
/** How comments end as a habit: `Default 5000. Kafka: auto.commit.interval.ms` (or several names with commas). */
const KAFKA_AT_END = /\s*Kafka: ((?:[a-z]+(?:\.[a-z]+)*(?:, )?)+)\.?$/
const DEFAULT = /(?:^|[.;,(]\s*|\s+)default(?:s to| is|:)?\s+(`[^`]+`|'[^']*'|-?\d[\d_]*(?:\.\d+)?(?: \([^)]*\))?|[^.;]+)(?:[.;]|$)/i
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, 'ms'],
  [/Bytes$/, 'bytes'],
  [/Ratio$/, '0 to 1'],
]

function docOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const tags = ts.getJSDocTags(node).filter((tag) => /^default/.test(tag.tagName.text))
  const comments = docs.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
  const presets = tags.map(({ comment }) => `Default: ${ts.getTextOfJSDocComment(comment) ?? ''}.`)
  return [...comments, ...presets].join(' ').replace(/\s+/g, ' ').trim()
}

/** Takes the default and Kafka's name out of a doc comment; what is left is the description. */
export function splitDoc(comment: string): Pick<OptionRow, 'preset' | 'kafkaName' | 'text'> {
  const atEnd = KAFKA_AT_END.exec(comment)
  const doc = atEnd === null ? comment : comment.replace(atEnd[0], '')
  const kafkaName = atEnd?.[1] ?? (doc.match(KAFKA_NAME) ?? []).find((name) => !NOT_KAFKA.test(name)) ?? ''
  const preset = DEFAULT.exec(doc)
  const inline = /('[^']*'|[\w.]+) \(default\)/.exec(doc)
  if (inline !== null) return { preset: inline[1] ?? '', kafkaName, text: sentence(doc.replace(' (default)', '')) }
  let text =
    preset === null
      ? doc
      : `${doc.slice(0, preset.index)}${/[.;]$/.test(preset[0]) && !/[.;]\s*$/.test(doc.slice(0, preset.index)) ? '.' : ''} ${doc.slice(preset.index + preset[0].length)}`
  if (kafkaName !== '') {
    const name = kafkaName.replaceAll('.', '\\.')
    // Only where the name stands by itself: in the middle of a sentence it carries meaning.
    text = text
      .replace(new RegExp(`^(?:Kafka(?:'s)?:?\\s*)?\`?${name}\`?\\s*[:.]\\s*`), '')
      .replace(new RegExp(`\\s*(?:\\(|)(?:Kafka(?:'s)?(?: name)?:?|as|As)\\s+\`?${name}\`?\\)?\\.?(?=\\s|$)`), '')
  }
  return { preset: preset?.[1]?.trim().replace(/^`(.*)`$/, '$1') ?? '', kafkaName, text: sentence(text) }
}

function sentence(text: string): string {
  const plain = text
    .replace(/\s+/g, ' ')
    .replace(/\s+([.,;])/g, '$1')
    .replace(/([.;])\s*\.(?=\s|$)/g, '$1')
    .replace(/\s\(\s*\)/g, '')
    .trim()
  return plain === '' ? '' : plain[0]!.toUpperCase() + plain.slice(1)
}

function rowOf(member: ts.PropertySignature, tree: ts.SourceFile): OptionRow {
  const name = member.name.getText(tree)
  const type = (member.type?.getText(tree) ?? '').replace(/\s*\|\s*undefined$/, '').replace(/\s+/g, ' ')
  return { name, type, unit: UNITS.find(([ending]) => ending.test(name))?.[1] ?? '', ...splitDoc(docOf(member)) }
}

/** The tables of one file. */
export function tablesOf(fileName: string, source: string): OptionTable[] {
  const tree = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true)
  return tree.statements.filter(ts.isInterfaceDeclaration).flatMap((node): OptionTable[] => {
    const exported = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (!exported || !OPTIONS_NAME.test(node.name.text) || /^Resolved/.test(node.name.text)) return []
    const rows = node.members.filter(ts.isPropertySignature).map((member) => rowOf(member, tree))
    return rows.length === 0 ? [] : [{ name: node.name.text, text: docOf(node), rows }]
  })
}

const ENTRIES = ['src/index.ts', 'src/index.browser.ts', 'src/broker-face.ts']
  .map((entry) => new URL(entry, ROOT))
  .filter((entry) => existsSync(entry))
const exportedText = ENTRIES.map((entry) => readFileSync(entry, 'utf8')).join('\n')

/** Whether an entry of the package exports it: what a user cannot name has no table. */
const isPublic = (name: string): boolean => !exportedText.includes('export {') || new RegExp(`\\b${name}\\b`).test(exportedText)

/** Every table, in the order of SOURCES; a name is shown once, where it is first declared. */
export function readTables(): OptionTable[] {
  const tables = new Map<string, OptionTable>()
  for (const file of SOURCES.flatMap(filesOf)) {
    for (const table of tablesOf(file, readFileSync(new URL(file, ROOT), 'utf8')))
      if (isPublic(table.name) && !tables.has(table.name)) tables.set(table.name, table)
  }
  return [...tables.values()]
}

function filesOf(source: string): string[] {
  const folder = source.endsWith('/') ? source : source.slice(0, source.lastIndexOf('/') + 1)
  const names = readdirSync(fileURLToPath(new URL(folder, ROOT)))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => `${folder}${name}`)
  return source.endsWith('/') ? names : names.filter((name) => name === source)
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``)

function section({ name, text, rows }: OptionTable): string {
  const body = rows.map(
    (row) =>
      `| \`${row.name}\` | ${code(row.type)} | ${row.unit} | ${row.preset.includes(' ') ? cell(row.preset) : code(row.preset)} | ${code(row.kafkaName)} | ${cell(row.text)} |`,
  )
  return `## ${name}\n\n${text}\n\n| Option | Type | Unit | Default | Kafka's name | What it is |\n| --- | --- | --- | --- | --- | --- |\n${body.join('\n')}\n`
}

export function renderOptions(): string {
  return `<!-- Generated from the doc comments of the option interfaces by npm run tables. -->
# Options

Every option of kafkalite, by the interface that holds it. Names and defaults are Kafka's in camelCase, with the unit last: \`retentionMs\`
is Kafka's \`retention.ms\`. An option that is left out or \`undefined\` has its default.

${readTables().map(section).join('\n')}`
}
