// kafkalite answers every case as Apache Kafka answered it (test/differential/answers), field by field, but for the differences that the case
// names, in memory and on files. `npm run differential` asks Kafka again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStorage } from 'kafkalite'
import { describe, expect, test } from 'vitest'
import { type Case, differencesOf } from './case.js'
import { GROUPS } from './groups.js'
import { answersOf, isOffered, prefixOf, runHere } from './run.js'
import type { Json, Transcript } from './transcript.js'

describe.each(GROUPS.map((group) => [group.name, group] as const))('%s', (_, group) => {
  const answers = answersOf(group)

  test('Kafka was asked every case, and nothing else', () => {
    expect(group.cases.map(({ name }) => name).toSorted()).toEqual(Object.keys(answers.cases).toSorted())
  })

  const cases = group.cases.filter(isOffered).map((one) => [one.name, one] as const)

  /** Every field that is other than in Kafka is declared, and nothing else. */
  function expectDeclared(one: Case, transcript: Transcript, isInMemory: boolean): void {
    const ours = JSON.parse(JSON.stringify(transcript)) as Json
    const found = differencesOf(answers.cases[one.name], ours)
    const expected = (one.differs ?? []).filter((difference) => isInMemory || difference.isInMemory !== true)
    const declared = Object.assign({}, ...expected.map((difference) => difference.ours)) as unknown
    expect(Object.fromEntries(found.map(({ at, ours: value }) => [at, value]))).toEqual(declared)
  }

  test.each(cases)('%s', async (_name, one) => {
    expectDeclared(one, await runHere(one, prefixOf(group, one)), true)
  })

  test.each(cases)('%s, on files', async (_name, one) => {
    const folder = mkdtempSync(join(tmpdir(), 'kafkalite-differential-'))
    try {
      expectDeclared(one, await runHere(one, prefixOf(group, one), new FileStorage(folder)), false)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
