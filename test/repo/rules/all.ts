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

/** A file with this text. What a search of the tree must not find is written with a `·` inside: a search finds only what is real. */
const sample = (name: string, text: string): SourceFile => parse(name, text.replaceAll('·', ''))

export const RULES: readonly Rule[] = [
  {
    sentence: 'a folder imports only what the table of layers allows',
    check: perFile(layers.layers),
    broken: [
      sample('src/lib/ring.ts', `import type { KafkaliteError } from '../errors.js'`),
      sample('src/client/producer.ts', `import { Partition } from '../core/partition.js'`),
      sample('src/core/topic.ts', `import { MemoryStorage } from '../storage/memory.js'`),
      sample('src/record/record.ts', `type Of = import('../core/cluster.js').Cluster`),
      sample('src/broker.ts', `export * from './testing/index.js'`),
      sample('src/client/json.ts', `import { z } from 'zod'`),
    ],
    sound: [sample('src/client/producer.ts', `import type { Cluster } from '../core/cluster.js'\nimport { Lanes } from './key-lanes.js'`)],
  },
  {
    sentence: 'an example imports the package by its name',
    check: perFile(layers.examplesUseThePackage),
    broken: [sample('examples/first/main.ts', `import { Broker } from '../../src/broker.js'`)],
    sound: [sample('examples/first/main.ts', `import { Broker } from 'kafkalite'\nimport { seats } from './seats.js'`)],
  },
  {
    sentence: 'imports make no cycle',
    check: layers.noCycles,
    together: true,
    broken: [
      sample('src/core/a.ts', `import type { B } from './b.js'`),
      sample('src/core/b.ts', `export { c } from './c.js'`),
      sample('src/core/c.ts', `import './a.js'`),
    ],
    sound: [
      sample('src/core/a.ts', `import './b.js'\nimport './c.js'`),
      sample('src/core/b.ts', `import './c.js'`),
      sample('src/core/c.ts', ''),
    ],
  },
  {
    sentence: 'every source is reached from an entry of the package',
    check: layers.noOrphans,
    together: true,
    broken: [sample('src/index.ts', `export * from './broker.js'`), sample('src/broker.ts', ''), sample('src/lib/alone.ts', '')],
    sound: [sample('src/index.ts', `export * from './broker.js'`), sample('src/broker.ts', '')],
  },
  {
    sentence: "Node's modules are imported only where they are wrapped",
    check: perFile(platform.nodeImports),
    broken: [sample('src/core/partition.ts', `import { join } from 'node:path'`), sample('src/client/producer.ts', `await import('fs')`)],
    sound: [
      sample('src/storage/file/node-file-system.ts', `import { open } from 'node:fs'`),
      sample('test/lib/ring.test.ts', `import 'node:fs'`),
    ],
  },
  {
    sentence: 'time, timers, chance and Buffer are used only where they are wrapped',
    check: perFile(platform.globals),
    broken: [
      'Date.now()',
      'new Date()',
      'set·Timeout(run, 1)',
      'globalThis.set·Timeout(run, 1)',
      'const clock = Date.now',
      'Math.random()',
      'Buffer.alloc(1)',
      'globalThis.Buffer',
    ].map((text) => sample('src/core/partition.ts', text)),
    sound: [
      sample('src/lib/clock.ts', 'Date.now()'),
      sample('src/core/partition.ts', 'new Date(5); clock.set·Timeout(1); const kind = { Buffer: 1 }; kind.Buffer'),
    ],
  },
  {
    sentence: 'no test waits for time to pass',
    check: perFile(platform.noSleeps),
    broken: [
      sample('test/core/a.test.ts', 'await new Promise((resolve) => set·Timeout(resolve, 50))'),
      sample('test/core/a.test.ts', `import { set·Timeout } from 'node:tim·ers/promises'`),
    ],
    sound: [sample('test/core/a.test.ts', 'clock.setTimer(5, run)')],
  },
  {
    sentence: 'a file has at most 600 lines',
    check: perFile(shape.fileLength),
    broken: [sample('src/core/partition.ts', lines(601, '// a line'))],
    sound: [sample('src/core/partition.ts', lines(600, '// a line'))],
  },
  {
    sentence: 'a function has at most 60 lines',
    check: perFile(shape.functionLength),
    broken: [
      sample('src/core/partition.ts', longFunction),
      sample('test/a.test.ts', `describe('a', () => {\n  test('b', () => {\n${lines(60, 'step()')}})\n})`),
    ],
    sound: [sample('test/a.test.ts', `describe('a', () => {\n${lines(30, `test('b', () => {\n})`)}})`)],
  },
  {
    sentence: 'a file opens with a comment on what it is for',
    check: perFile(shape.opensWithComment),
    broken: [
      sample('src/core/a.ts', 'export const one = 1\n// a comment that comes only after the first statement of the file, too late'),
      sample('src/core/b.ts', '// Short.\n'),
    ],
    sound: [
      sample('src/core/a.ts', '// The partition: one log, its ends and who waits for them. One writer at a time.\nexport const one = 1'),
    ],
  },
  {
    sentence: 'files have the name of what they hold, in kebab-case',
    check: perFile(shape.fileNames),
    broken: ['src/lib/utils.ts', 'src/core/topic-manager.ts', 'src/common/ring.ts', 'src/core/TopicLog.ts', 'src/core/index.ts'].map(
      (name) => sample(name, ''),
    ),
    sound: ['src/core/topic-log.ts', 'src/index.browser.ts', 'test/core/topic-log.test.ts', 'src/testing/index.ts'].map((name) =>
      sample(name, ''),
    ),
  },
  {
    sentence: 'declared names say what the thing is',
    check: perFile(shape.declaredNames),
    broken: [
      sample('src/core/a.ts', 'const tmp = 1'),
      sample('src/core/a.ts', 'class TopicManager {}'),
      sample('src/core/a.ts', 'function doStuff() {}'),
    ],
    sound: [sample('src/core/a.ts', 'const template = 1; class TopicLog {}')],
  },
  {
    sentence: 'nothing is typed any',
    check: perFile(candour.noAny),
    broken: [sample('src/core/a.ts', 'const x = y as a·ny'), sample('src/core/a.ts', 'function of(list: a·ny[]) {}')],
    sound: [sample('src/core/a.ts', 'const any = "as a·ny"')],
  },
  {
    sentence: 'no check is silenced',
    check: perFile(candour.noSilencing),
    broken: [
      sample('src/core/a.ts', '// @ts-·ignore\nrun()'),
      sample('src/core/a.ts', 'run(\n  // @ts-·expect-error the types are wrong\n  1)'),
      sample('test/a.test.ts', '// @ts-·expect-error\nrun()'),
    ],
    sound: [sample('test/a.test.ts', '// @ts-·expect-error a number is not a topic\nrun(1); "// @ts-·ignore"')],
  },
  {
    sentence: 'no reminder stands in for work',
    check: perFile(candour.noReminders),
    broken: [sample('src/core/a.ts', 'run() // TO·DO later')],
    sound: [sample('src/core/a.ts', 'run("TO·DO")')],
  },
  {
    sentence: 'no test is passed over',
    check: perFile(candour.noSkippedTests),
    broken: [
      `test.sk·ip('a', run)`,
      `describe.on·ly('a', run)`,
      `it.to·do('a')`,
      `test.skip·If(slow)('a', run)`,
      `test('a', (ctx) => ctx.sk·ip())`,
    ].map((text) => sample('test/a.test.ts', text)),
    sound: [sample('test/a.test.ts', `test.each([1])('skips the record', run); reader.sk·ip(4)`)],
  },
  {
    sentence: 'no path of one machine is named',
    check: (files) => files.flatMap(({ name, text }) => candour.machinePaths(name, text)),
    broken: [`// see /wo·rk/main`, `open('/ho·me/alice')`, `const folder = '/t·mp/log'`].map((text) => sample('src/core/a.ts', text)),
    sound: [sample('src/core/a.ts', `import './wo·rk/main.js' // https://example.org/ho·me/page`)],
  },
]
