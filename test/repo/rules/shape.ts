// The shape of a file: how long it and its functions are, what it opens with, what it and the things in it are called.
import ts from 'typescript'
import { finding, lineOf, walk } from '../source-file.js'
import type { FileRule, Finding, SourceFile } from '../source-file.js'

const FILE_LINES_MAX = 600
const FUNCTION_LINES_MAX = 60

export const fileLength: FileRule = (file) => {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0)
  if (lines <= FILE_LINES_MAX) return []
  return [{ file: file.name, line: lines, message: `has ${lines} lines, at most ${FILE_LINES_MAX} are allowed; split it by noun` }]
}

/** The callback of `describe(...)` is a table of contents: it is read by its headings and nothing flows through it from top to bottom. */
function isDescribeWrapper(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^(describe|suite)(\.\w+)*(\(.*\))?$/s.test(node.parent.expression.getText())
}

export const functionLength: FileRule = (file) => {
  const findings: Finding[] = []
  walk(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body || isDescribeWrapper(node)) return
    const first = lineOf(file, node)
    const lines = file.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - first
    if (lines <= FUNCTION_LINES_MAX) return
    const name = node.name?.getText(file.tree) ?? 'a function'
    findings.push(finding(file, node, `${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX} are allowed; give its steps names`))
  })
  return findings
}

const COMMENT_LETTERS_MIN = 40

/** The comment a file opens with, as plain text. */
function openingComment(file: SourceFile): string {
  const text = file.text.replace(/^#!.*\n/, '')
  const ranges = ts.getLeadingCommentRanges(text, 0) ?? []
  if (text.slice(0, ranges[0]?.pos ?? 0).trim() !== '') return ''
  return ranges
    .map(({ pos, end }) => text.slice(pos, end))
    .join(' ')
    .replace(/[/*\s]+/g, ' ')
    .trim()
}

export const opensWithComment: FileRule = (file) => {
  if (/^\s*(#!.*\n\s*)?\/[/*]/.test(file.text) && openingComment(file).length >= COMMENT_LETTERS_MIN) return []
  return [{ file: file.name, line: 1, message: 'does not open with a comment; begin with two to eight lines on what it is for and why' }]
}

const VAGUE_FILE =
  /(^|[-./])(utils?|helpers?|common|manager|misc|shared|stuff|base|impl|internals|service|lib\d|temp|tmp|new|old)(?=[-.]|$)/
const VAGUE_NAME =
  /^(foo|baz|qux|tmp|temp|obj|arr|stuff|thing|things|misc|helpers?|utils?|doIt|doStuff|doWork|handleData|processData|data\d+|res\d+|val\d+)$|(Manager|Helper|Utils?|Impl)$/

export const fileNames: FileRule = (file) => {
  const parts = file.name.split('/')
  const own = parts.at(-1) ?? ''
  const findings: Finding[] = []
  const add = (message: string): number => findings.push({ file: file.name, line: 1, message })
  if (parts.slice(1).some((part) => VAGUE_FILE.test(part))) add('has a vague name; name it after the one noun it holds')
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|browser|d|config))?\.[mc]?ts$/.test(own)) add(`is not kebab-case: ${own}`)
  const entry =
    own === 'index.ts' &&
    file.name.startsWith('src/') &&
    !['src/index.ts', 'src/testing/index.ts', 'src/outbox/index.ts'].includes(file.name)
  if (entry) add('is an index.ts where package.json exports nothing; import the files by their names')
  return findings
}

export const declaredNames: FileRule = (file) => {
  const findings: Finding[] = []
  walk(file, (node) => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node)
    if (!declares || !node.name || !ts.isIdentifier(node.name) || !VAGUE_NAME.test(node.name.text)) return
    findings.push(finding(file, node.name, `the name ${node.name.text} says nothing; say what it holds or does`))
  })
  return findings
}
