// librdkafka, through its Python client, against a listener in this process. Each check of scenario.py is a line of its output.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Broker } from 'kafkalite'
import { run } from '../../kafka/tools.js'

const CHECKS = [
  'topics and configs',
  'produce plainly, in gzip and idempotently',
  'consume in a group: classic',
  'consume in a group: cooperative',
  'consume in a group: static',
  'consume in a group: consumer',
  'groups and their offsets',
  'offsets and records',
  'transactions',
]
let python: string

beforeAll(async () => {
  const printed = await run(fileURLToPath(new URL('../../../.ci/librdkafka/install.sh', import.meta.url)), [])
  python = printed.trim().split('\n').at(-1) ?? ''
})

test('librdkafka produces, consumes in all kinds of groups, administers and commits transactions', async () => {
  const broker = await Broker.open()
  onTestFinished(() => broker.close())
  const { address } = await broker.listen()
  const output = await new Promise<string>((resolve, reject) =>
    execFile(python, [fileURLToPath(new URL('scenario.py', import.meta.url)), address], (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`, { cause: error })) : resolve(stdout),
    ),
  )
  expect(output.trim().split('\n')).toEqual(CHECKS.map((check) => `ok ${check}`))
})
