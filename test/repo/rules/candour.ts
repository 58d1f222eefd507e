// Nothing is hidden from the compiler, from the test runner or from the reader: no `any`, no silenced errors, no skipped tests, no
// reminders instead of work, and nothing that is only true on the machine where it was written.
import ts from 'typescript'
import { finding, walk } from '../source-file.js'
import type { FileRule, Finding, SourceFile } from '../source-file.js'

export const noAny: FileRule = (file) => {
  const findings: Finding[] = []
  walk(file, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword)
      findings.push(finding(file, node, 'is typed any; use unknown and narrow it, or a type parameter'))
  })
  return findings
}

/** Every comment of the file with its line. The scanner finds them, so the same words in a string are not one. */
function commentsOf(file: SourceFile): { text: string; line: number }[] {
  const comments = new Map<number, { text: string; line: number }>()
  const add = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) {
      comments.set(pos, { text: file.text.slice(pos, end), line: file.tree.getLineAndCharacterOfPosition(pos).line + 1 })
    }
  }
  const step = (node: ts.Node): void => {
    if (node.kind !== ts.SyntaxKind.JsxText) {
      add(ts.getLeadingCommentRanges(file.text, node.getFullStart()))
      add(ts.getTrailingCommentRanges(file.text, node.getEnd()))
    }
    node.getChildren(file.tree).forEach(step)
  }
  step(file.tree)
  return [...comments.values()]
}

/** In a test an expected type error proves that something does not compile, and fails when it does: that is an assertion, if it says of what. */
function silences(file: SourceFile, comment: string): boolean {
  if (/@ts-(ignore|nocheck)/.test(comment)) return true
  if (/@ts-expect-error/.test(comment)) return !file.name.startsWith('test/') || !/@ts-expect-error[:\s]+\S+ \S+/.test(comment)
  return /biome-ignore(?! \S+: \S+ \S+)|eslint-disable|v8 ignore|istanbul ignore/.test(comment)
}

export const noSilencing: FileRule = (file) =>
  commentsOf(file)
    .filter(({ text }) => silences(file, text))
    .map(({ line }) => ({
      file: file.name,
      line,
      message: 'silences a check; mend the cause (a test may expect a type error and says which)',
    }))

export const noReminders: FileRule = (file) =>
  commentsOf(file)
    .filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text))
    .map(({ line }) => ({ file: file.name, line, message: 'leaves a reminder; do it, or write it down in docs/not-done.md' }))

const PASSED_OVER =
  /^(test|it|describe|suite|bench)(\.\w+)*\.(skip|only|todo|skipIf|runIf|fails)$|^x(it|test|describe)$|^(skip|ctx\.skip|context\.skip)$/

export const noSkippedTests: FileRule = (file) => {
  if (!/\.test\.ts$/.test(file.name) && !file.name.startsWith('src/testing/')) return []
  const findings: Finding[] = []
  walk(file, (node) => {
    if (!ts.isCallExpression(node)) return
    const callee = node.expression.getText(file.tree)
    if (PASSED_OVER.test(callee))
      findings.push(finding(file, node, `${callee} passes a test over; make it pass, or delete it and say so in docs/not-done.md`))
  })
  return findings
}

/** The project is read anywhere, so it holds no path of one machine. Works on any text, of Markdown and of scripts too. */
export function machinePaths(name: string, text: string): Finding[] {
  const pattern = /(?<![\w.:/-])(\/(?:work|home|root|Users|private|mnt)\/[\w.-]+|\/tmp\/[\w.-]+|[A-Z]:\\\\?Users)/
  return text.split('\n').flatMap((line, index): Finding[] => {
    const path = pattern.exec(line)?.[0]
    return path === undefined
      ? []
      : [{ file: name, line: index + 1, message: `names ${path}, a path of one machine; make it relative, or ask os.tmpdir()` }]
  })
}
