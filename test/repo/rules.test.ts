// The rules of the tree, read off the sources by TypeScript's parser. Each is first tried on snippets that break it and on snippets that
// only look like it; then on the project. A message names the file, the line and the cure.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RULES } from './rules/all.js'
import { machinePaths } from './rules/candour.js'
import { listFiles, readTree, report, ROOT } from './source-file.js'

const tree = readTree()

describe.each(RULES.map((rule) => [rule.sentence, rule] as const))('%s', (_, { check, broken, sound, together }) => {
  test('the rule sees each breach', () => {
    const cases = together ? [broken] : broken.map((file) => [file])
    expect(
      cases
        .filter((files) => check(files).length !== 1)
        .flat()
        .map(({ text }) => text),
    ).toEqual([])
  })

  test('the rule lets pass what only looks like a breach', () => {
    expect(report(check(sound))).toBe('')
  })

  test('the project keeps it', () => {
    expect(report(check(tree))).toBe('')
  })
})

test('the parser found the sources', () => {
  expect(tree.map(({ name }) => name)).toContain('src/errors.ts')
})

test('no page, script or setting names a path of one machine', () => {
  const names = [
    ...listFiles('docs', (name) => name.endsWith('.md')),
    ...listFiles('.ci', () => true),
    ...listFiles('examples', (name) => /\.(md|out|json)$/.test(name)),
    'package.json',
    'tsconfig.json',
  ]
  expect(report(names.flatMap((name) => machinePaths(name, readFileSync(join(ROOT, name), 'utf8'))))).toBe('')
})
