// The tree as the rules see it: every TypeScript file that belongs to the project, parsed by TypeScript's own parser, and the few
// questions about it that several rules ask. A rule is a function from one file (or from all of them) to findings.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A breach of a rule. Printed as `file:line  what is wrong; what to do instead`. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** One parsed file. Its name is relative to the root, with slashes. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** An import, a re-export or an import() of a file, types included. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean
}

export type FileRule = (file: SourceFile) => Finding[]
export type TreeRule = (files: readonly SourceFile[]) => Finding[]

const FOLDERS = ['src', 'test', 'examples', 'docs/generate'] as const

/** Folders that are not sources: what was installed, built or downloaded. */
const SKIPPED = new Set(['node_modules', 'dist', 'data', 'coverage'])

export function parse(name: string, text: string): SourceFile {
  return { name, text, tree: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true) }
}

/** All files under `folder` (relative to the root) for which `wanted` holds, sorted. None when there is no such folder. */
export function listFiles(folder: string, wanted: (name: string) => boolean): string[] {
  const found: string[] = []
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue
      if (entry.isDirectory()) visit(join(path, entry.name))
      else found.push(relative(ROOT, join(path, entry.name)).split(sep).join('/'))
    }
  }
  try {
    visit(join(ROOT, folder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return found.filter(wanted).sort()
}

/** Every TypeScript source of the project. */
export function readTree(): SourceFile[] {
  const names = FOLDERS.flatMap((folder) => listFiles(folder, (name) => /\.[mc]?ts$/.test(name)))
  return names.map((name) => parse(name, readFileSync(join(ROOT, name), 'utf8')))
}

export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1
}

export function finding(file: SourceFile, node: ts.Node, message: string): Finding {
  return { file: file.name, line: lineOf(file, node), message }
}

/** Calls `visit` for every node of the file, parents first. */
export function walk(file: SourceFile, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, step)
  }
  step(file.tree)
}

/** What the file imports, in order. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, line: lineOf(file, specifier), typeOnly })
  }
  walk(file, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false)
  })
  return found
}

/** The project's file that a relative import names, or undefined for a package. `.js` in an import stands for the `.ts` beside it. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier === 'kafkalite') return 'src/index.ts'
  if (specifier === 'kafkalite/testing') return 'src/testing/index.ts'
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(from), specifier).replace(/\.([mc]?)js$/, '.$1ts')
}

/** All findings as one text, which is what a failing test shows. */
export function report(findings: readonly Finding[]): string {
  return findings.map(({ file, line, message }) => `${file}:${line}  ${message}`).join('\n')
}
