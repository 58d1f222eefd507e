// Every rule of the tree by the sentence it stands for, with a snippet that breaks it: the rule is tried on that first, so that a rule
// which can no longer fail is noticed.
import * as candour from './candour.js'
import * as layers from './layers.js'
import * as platform from './platform.js'
import * as shape from './shape.js'
import { parse } from '../source-file.js'
import type { TreeRule, FileRule, SourceFile } from '../source-file.js'

export interface Rule {
  readonly sentence: string
  readonly check: TreeRule
  /** The rule is about several files at once, so `broken` and `sound` are a tree each. */
  readonly together?: true
  /** Files that break the rule, each in exactly one place; when together, all of them in one place. */
  readonly broken: readonly SourceFile[]
  /** Files that look like it and do not. */
  readonly sound: readonly SourceFile[]
}

const perFile =
  (rule: FileRule): TreeRule =>
  (files) =>
    files.flatMap(rule)
const lines = (count: number, line: string): string => `${line}\n`.repeat(count)
const longFunction = `function slow() {\n${lines(60, '  step()')}}`

export const RULES: readonly Rule[] = [
  {
    sentence: 'a folder imports only what the table of layers allows',
    check: perFile(layers.layers),
    broken: [
      parse('src/lib/ring.ts', `import type { KafkaliteError } from '../errors.js'`),
      parse('src/client/producer.ts', `import { Partition } from '../core/partition.js'`),
      parse('src/core/topic.ts', `import { MemoryStorage } from '../storage/memory.js'`),
      parse('src/record/record.ts', `type Of = import('../core/cluster.js').Cluster`),
      parse('src/broker.ts', `export * from './testing/index.js'`),
      parse('src/client/json.ts', `import { z } from 'zod'`),
    ],
    sound: [parse('src/client/producer.ts', `import type { Cluster } from '../core/cluster.js'\nimport { Lanes } from './key-lanes.js'`)],
  },
  {
    sentence: 'an example imports the package by its name',
    check: perFile(layers.examplesUseThePackage),
    broken: [parse('examples/first/main.ts', `import { Broker } from '../../src/broker.js'`)],
    sound: [parse('examples/first/main.ts', `import { Broker } from 'kafkalite'\nimport { seats } from './seats.js'`)],
  },
  {
    sentence: 'imports make no cycle',
    check: layers.noCycles,
    together: true,
    broken: [
      parse('src/core/a.ts', `import type { B } from './b.js'`),
      parse('src/core/b.ts', `export { c } from './c.js'`),
      parse('src/core/c.ts', `import './a.js'`),
    ],
    sound: [
      parse('src/core/a.ts', `import './b.js'\nimport './c.js'`),
      parse('src/core/b.ts', `import './c.js'`),
      parse('src/core/c.ts', ''),
    ],
  },
  {
    sentence: 'every source is reached from an entry of the package',
    check: layers.noOrphans,
    together: true,
    broken: [parse('src/index.ts', `export * from './broker.js'`), parse('src/broker.ts', ''), parse('src/lib/alone.ts', '')],
    sound: [parse('src/index.ts', `export * from './broker.js'`), parse('src/broker.ts', '')],
  },
  {
    sentence: "Node's modules are imported only where they are wrapped",
    check: perFile(platform.nodeImports),
    broken: [parse('src/core/partition.ts', `import { join } from 'node:path'`), parse('src/client/producer.ts', `await import('fs')`)],
    sound: [
      parse('src/storage/file/node-file-system.ts', `import { open } from 'node:fs'`),
      parse('test/lib/ring.test.ts', `import 'node:fs'`),
    ],
  },
  {
    sentence: 'time, timers, chance and Buffer are used only where they are wrapped',
    check: perFile(platform.globals),
    broken: [
      'Date.now()',
      'new Date()',
      'setTimeout(run, 1)',
      'globalThis.setTimeout(run, 1)',
      'const clock = Date.now',
      'Math.random()',
      'Buffer.alloc(1)',
      'globalThis.Buffer',
    ].map((text) => parse('src/core/partition.ts', text)),
    sound: [
      parse('src/lib/clock.ts', 'Date.now()'),
      parse('src/core/partition.ts', 'new Date(5); clock.setTimeout(1); const kind = { Buffer: 1 }; kind.Buffer'),
    ],
  },
  {
    sentence: 'no test waits for time to pass',
    check: perFile(platform.noSleeps),
    broken: [
      parse('test/core/a.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 50))'),
      parse('test/core/a.test.ts', `import { setTimeout } from 'node:timers/promises'`),
    ],
    sound: [parse('test/core/a.test.ts', 'clock.setTimer(5, run)')],
  },
  {
    sentence: 'a file has at most 600 lines',
    check: perFile(shape.fileLength),
    broken: [parse('src/core/partition.ts', lines(601, '// a line'))],
    sound: [parse('src/core/partition.ts', lines(600, '// a line'))],
  },
  {
    sentence: 'a function has at most 60 lines',
    check: perFile(shape.functionLength),
    broken: [
      parse('src/core/partition.ts', longFunction),
      parse('test/a.test.ts', `describe('a', () => {\n  test('b', () => {\n${lines(60, 'step()')}})\n})`),
    ],
    sound: [parse('test/a.test.ts', `describe('a', () => {\n${lines(30, `test('b', () => {\n})`)}})`)],
  },
  {
    sentence: 'a file opens with a comment on what it is for',
    check: perFile(shape.opensWithComment),
    broken: [
      parse('src/core/a.ts', 'export const one = 1\n// a comment that comes only after the first statement of the file, too late'),
      parse('src/core/b.ts', '// Short.\n'),
    ],
    sound: [
      parse('src/core/a.ts', '// The partition: one log, its ends and who waits for them. One writer at a time.\nexport const one = 1'),
    ],
  },
  {
    sentence: 'files have the name of what they hold, in kebab-case',
    check: perFile(shape.fileNames),
    broken: ['src/lib/utils.ts', 'src/core/topic-manager.ts', 'src/common/ring.ts', 'src/core/TopicLog.ts', 'src/core/index.ts'].map(
      (name) => parse(name, ''),
    ),
    sound: ['src/core/topic-log.ts', 'src/index.browser.ts', 'test/core/topic-log.test.ts', 'src/testing/index.ts'].map((name) =>
      parse(name, ''),
    ),
  },
  {
    sentence: 'declared names say what the thing is',
    check: perFile(shape.declaredNames),
    broken: [
      parse('src/core/a.ts', 'const tmp = 1'),
      parse('src/core/a.ts', 'class TopicManager {}'),
      parse('src/core/a.ts', 'function doStuff() {}'),
    ],
    sound: [parse('src/core/a.ts', 'const template = 1; class TopicLog {}')],
  },
  {
    sentence: 'nothing is typed any',
    check: perFile(candour.noAny),
    broken: [parse('src/core/a.ts', 'const x = y as any'), parse('src/core/a.ts', 'function of(list: any[]) {}')],
    sound: [parse('src/core/a.ts', 'const any = "as any"')],
  },
  {
    sentence: 'no check is silenced',
    check: perFile(candour.noSilencing),
    broken: [
      parse('src/core/a.ts', '// @ts-ignore\nrun()'),
      parse('src/core/a.ts', 'run(\n  // @ts-expect-error the types are wrong\n  1)'),
      parse('test/a.test.ts', '// @ts-expect-error\nrun()'),
    ],
    sound: [parse('test/a.test.ts', '// @ts-expect-error a number is not a topic\nrun(1); "// @ts-ignore"')],
  },
  {
    sentence: 'no reminder stands in for work',
    check: perFile(candour.noReminders),
    broken: [parse('src/core/a.ts', 'run() // TODO later')],
    sound: [parse('src/core/a.ts', 'run("TODO")')],
  },
  {
    sentence: 'no test is passed over',
    check: perFile(candour.noSkippedTests),
    broken: [
      `test.skip('a', run)`,
      `describe.only('a', run)`,
      `it.todo('a')`,
      `test.skipIf(slow)('a', run)`,
      `test('a', (ctx) => ctx.skip())`,
    ].map((text) => parse('test/a.test.ts', text)),
    sound: [parse('test/a.test.ts', `test.each([1])('skips the record', run); reader.skip(4)`)],
  },
  {
    sentence: 'no path of one machine is named',
    check: (files) => files.flatMap(({ name, text }) => candour.machinePaths(name, text)),
    broken: [`// see ${'/'}work/main`, `open('${'/'}home/alice')`, `const folder = '${'/'}tmp/log'`].map((text) =>
      parse('src/core/a.ts', text),
    ),
    sound: [parse('src/core/a.ts', `import './work/main.js' // https://example.org/home/page`)],
  },
]
