// Runs one case against one broker, and keeps Kafka's answers in files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Broker, type FileStorage } from 'kafkalite'
import { HANDLERS } from '../../src/server/handlers.js'
import type { Answers, Case, CaseGroup } from './case.js'
import { type Place, Subject } from './subject.js'
import type { Transcript } from './transcript.js'

/** The version of Apache Kafka that is asked: the one that .ci/kafka fetches. */
export const KAFKA_VERSION =
  /<kafka\.version>(.+?)</.exec(readFileSync(new URL('../../.ci/kafka/pom.xml', import.meta.url), 'utf8'))?.[1] ?? ''

/** Where kafkalite's defaults are other ones than Kafka's: the suite asks both with the same. */
const KAFKAS_DEFAULTS = { groupMinSessionTimeoutMs: 6000 }

export async function runCase({ name, run }: Case, prefix: string, place: Place): Promise<Transcript> {
  const subject = new Subject(place, prefix)
  try {
    await run(subject)
  } catch (error) {
    throw new Error(`The case "${name}" failed: ${error}\n${JSON.stringify(subject.finish(), null, 1).slice(0, 4000)}`, { cause: error })
  }
  return subject.finish()
}

/** A name for topics that no other case has, and that is the same on each run. */
export function prefixOf(group: CaseGroup, one: Case): string {
  return `${group.name}-${group.cases.indexOf(one)}`
}

/** Runs a case against a broker of its own, in memory or in a folder of files. */
export async function runHere(one: Case, prefix: string, storage?: FileStorage): Promise<Transcript> {
  const broker = await Broker.open({ ...KAFKAS_DEFAULTS, ...(storage !== undefined && { storage }) })
  try {
    const { host, port } = await broker.listen()
    return await runCase(one, prefix, { host, port, pause: null })
  } finally {
    await broker.close()
  }
}

/** Whether everything is offered that the case needs. */
export function isOffered({ needs = [] }: Case): boolean {
  return needs.every(([request, version]) => (HANDLERS.get(request.key)?.last ?? -1) >= version)
}

function fileOf(group: CaseGroup): string {
  return fileURLToPath(new URL(`answers/${group.name}.json`, import.meta.url))
}

/** What Kafka answered when it was last asked. */
export function answersOf(group: CaseGroup): Answers {
  const file = fileOf(group)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Answers) : { kafka: KAFKA_VERSION, cases: {} }
}

export function writeAnswers(group: CaseGroup, answers: Answers): void {
  const cases = Object.entries(answers.cases).map(([name, transcript]) => {
    const asked = Object.entries(transcript).map(([label, answer]) => `   ${JSON.stringify(label)}: ${JSON.stringify(answer)}`)
    return ` ${JSON.stringify(name)}: {\n${asked.join(',\n')}\n }`
  })
  writeFileSync(fileOf(group), `{"kafka": ${JSON.stringify(answers.kafka)}, "cases": {\n${cases.join(',\n')}\n}}\n`)
}
