// The TypeScript blocks of README.md and docs/*.md. A block is a module of its own, checked by the compiler and run. What stands behind
// `ts` on its fence says otherwise: `continue` (goes on from the block before), `no-run: <reason>` (only checked). A block fenced as
// `text output` right behind it is what it prints.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, ROOT } from './source-file.js'

export interface CodeBlock {
  readonly page: string
  /** Line of the opening fence. */
  readonly line: number
  readonly code: string
  /** Why it is checked but not run. */
  readonly noRun?: string | undefined
  readonly output?: string | undefined
  /** What is wrong with its fence. */
  readonly fault?: string | undefined
}

const FENCE = /^( *)```(.*)$/

interface RawBlock {
  readonly line: number
  readonly info: string
  readonly text: string
  /** Index of the line behind the closing fence. */
  readonly end: number
}

function rawBlocks(text: string): RawBlock[] {
  const blocks: RawBlock[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const open = FENCE.exec(lines[at]!)
    if (!open) continue
    const start = at + 1
    do at++
    while (at < lines.length && lines[at]!.trim() !== '```')
    const indent = open[1]!.length
    blocks.push({
      line: start,
      info: open[2]!.trim(),
      text: lines
        .slice(start, at)
        .map((line) => line.slice(indent))
        .join('\n'),
      end: at + 1,
    })
  }
  return blocks
}

/** The blocks of one page, in order. */
export function blocksOf(page: string, text: string): CodeBlock[] {
  const found: CodeBlock[] = []
  const lines = text.split('\n')
  const raw = rawBlocks(text)
  raw.forEach(({ line, info, text: own, end }, index) => {
    const [, language, mode] = /^(\S*)\s*(.*)$/.exec(info) ?? []
    if (language !== 'ts' && language !== 'typescript') return
    const next = raw[index + 1]
    const follows =
      next?.info === 'text output' &&
      lines
        .slice(end, next.line - 1)
        .join('')
        .trim() === ''
    const noRun = /^no-run:\s*(.+)$/.exec(mode ?? '')?.[1]
    const known = mode === '' || mode === 'continue' || noRun !== undefined
    const code = mode === 'continue' ? `${found.at(-1)?.code ?? ''}\n${own}` : own
    const fault = known ? undefined : `\`\`\`${info}: behind ts stands nothing, continue, or no-run: and a reason`
    found.push({ page, line, code, noRun, output: follows ? next.text : undefined, fault })
  })
  return found
}

/** The blocks of README.md and of every page directly in docs. */
export function readBlocks(): CodeBlock[] {
  const pages = ['README.md', ...listFiles('docs', (name) => /^docs\/[^/]+\.md$/.test(name))]
  return pages.flatMap((page) => {
    try {
      return blocksOf(page, readFileSync(join(ROOT, page), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}
