// Every TypeScript block of README.md and docs/*.md compiles under the project's strict settings and runs; where the page shows what it
// prints, that is what it prints. So a page cannot fall behind the code. The blocks share one build of the sources, which each of them would
// else compile for itself.
import { build } from 'esbuild'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, readBlocks } from './code-blocks.js'
import type { CodeBlock } from './code-blocks.js'
import { runJavaScript, runTests, tidy } from './program-run.js'
import { ROOT } from './source-file.js'

// Inside the checkout, so that a block finds the packages that are installed here. Ignored by git.
const FOLDER = join(ROOT, '.docs-run')

const nameOf = ({ page, line }: CodeBlock): string => `${page.replace(/[^\w]+/g, '-')}-${line}`
const fileOf = (block: CodeBlock): string => join(FOLDER, `${nameOf(block)}.ts`)
const builtOf = (block: CodeBlock): string => join(FOLDER, 'built', `${nameOf(block)}.mjs`)

/** Without an import or export a file is a script, in which two blocks would share their names. */
const moduleText = (code: string): string => `${code}\nexport {}\n`

/** The compiler's complaints, by file and line of the page. */
function complaints(blocks: readonly CodeBlock[]): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: object }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: blocks.map(fileOf) }, ts.sys, ROOT)
  const program = ts.createProgram(blocks.map(fileOf), { ...options, noUnusedLocals: false, noUnusedParameters: false })
  const byFile = new Map(blocks.map((block) => [fileOf(block), block]))
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, start, messageText }) => {
    const block = file && byFile.get(file.fileName)
    if (!block) return []
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0)
    return [`${block.page}:${block.line}  line ${line + 1} of the block: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`]
  })
}

/** A block that imports vitest is a file of tests: vitest runs it, with the project's own aliases. */
const CONFIG = join(FOLDER, 'vitest.config.ts')
const CONFIG_TEXT = `import base from '../vitest.config.js'
export default { root: ${JSON.stringify(ROOT)}, resolve: base.resolve, test: { include: ['.docs-run/*.ts'], exclude: ['.docs-run/vitest.config.ts'] } }
`
const isTest = ({ code }: CodeBlock): boolean => /from 'vitest'/.test(code)

const blocks = readBlocks()
const running = blocks.filter(({ noRun, fault }) => noRun === undefined && fault === undefined)

const programs = running.filter((block) => !isTest(block))

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(CONFIG, CONFIG_TEXT)
  for (const block of blocks) writeFileSync(fileOf(block), moduleText(block.code))
  await build({
    entryPoints: programs.map(fileOf),
    outdir: join(FOLDER, 'built'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    packages: 'external',
    tsconfig: join(ROOT, 'tsconfig.json'),
  })
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

test('blocks, their modes and their output are found in a page', () => {
  const page =
    '# A\n```ts\none()\n```\n\n```text output\n1\n```\n```ts continue\ntwo()\n```\n```ts no-run: needs a cluster\nthree()\n```\n```ts later\n```\n```sh\nnpm i\n```\n'
  expect(blocksOf('a.md', page)).toMatchObject([
    { line: 2, code: 'one()', output: '1' },
    { line: 9, code: 'one()\ntwo()', output: undefined },
    { line: 12, code: 'three()', noRun: 'needs a cluster' },
    { line: 15, fault: expect.stringContaining('no-run') },
  ])
})

test('a block that does not compile is reported with its page and line', () => {
  const block: CodeBlock = { page: 'broken.md', line: 7, code: 'const one: string = 1' }
  writeFileSync(fileOf(block), moduleText(block.code))
  expect(complaints([block])).toEqual([expect.stringMatching(/^broken\.md:7 .*not assignable/)])
})

test('the fence of each block says something that is understood', () => {
  expect(blocks.flatMap(({ page, line, fault }) => (fault === undefined ? [] : [`${page}:${line}  ${fault}`]))).toEqual([])
})

test('all blocks of all pages compile', () => {
  expect(complaints(blocks)).toEqual([])
})

describe.concurrent('blocks', () => {
  test('there are blocks that run', ({ expect: expectHere }) => {
    expectHere(running.map(({ page }) => page)).toContain('README.md')
  })

  for (const block of running) {
    test(`${block.page}:${block.line} runs to its end${block.output === undefined ? '' : ' and prints what the page shows'}`, async ({
      expect: expectHere,
    }) => {
      const { code, stdout, stderr } = await (isTest(block) ? runTests(fileOf(block), CONFIG) : runJavaScript(builtOf(block)))
      expectHere(code, `${stdout}\n${stderr}`).toBe(0)
      if (block.output !== undefined) expectHere(tidy(stdout)).toBe(tidy(block.output))
    })
  }
})
