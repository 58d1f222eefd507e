// kafkalite answers every case as Apache Kafka answered it (test/differential/answers), field by field, but for the differences that the case
// names. `npm run differential` asks Kafka again.
import { describe, expect, test } from 'vitest'
import { differencesOf } from './case.js'
import { GROUPS } from './groups.js'
import { answersOf, isOffered, prefixOf, runHere } from './run.js'
import type { Json } from './transcript.js'

describe.each(GROUPS.map((group) => [group.name, group] as const))('%s', (_, group) => {
  const answers = answersOf(group)

  test('Kafka was asked every case, and nothing else', () => {
    expect(group.cases.map(({ name }) => name).toSorted()).toEqual(Object.keys(answers.cases).toSorted())
  })

  test.each(group.cases.filter(isOffered).map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const ours = JSON.parse(JSON.stringify(await runHere(one, prefixOf(group, one)))) as Json
    const found = differencesOf(answers.cases[name], ours)
    const declared = Object.assign({}, ...(one.differs ?? []).map((difference) => difference.ours)) as unknown
    expect(Object.fromEntries(found.map(({ at, ours: value }) => [at, value]))).toEqual(declared)
  })
})
