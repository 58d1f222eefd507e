// Fetches Apache Kafka once for all tests of this folder, and runs its tools as a user of Kafka would: as programs of their own.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with Kafka's jars in `libs` and kafkajs in `node_modules`. */
    kafkaTools: string
  }
}

export const SCRIPTS = fileURLToPath(new URL('../../.ci/kafka/', import.meta.url))

export default async function setup(project: TestProject): Promise<void> {
  project.provide('kafkaTools', await install())
}

/** Fetches what is not there yet; the folder it is in. */
export async function install(): Promise<string> {
  const printed = await run(`${SCRIPTS}install.sh`, [])
  return printed.trim().split('\n').at(-1) ?? ''
}

/** What a program prints. Rejects with everything it said when it fails. */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: 256 * 1024 * 1024, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.slice(0, 4).join(' ')} failed\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`))
      else resolve(stdout)
    })
    child.stdin?.end()
  })
}

/** Runs a class of Kafka with its arguments. */
export function java(tools: string, main: string, args: readonly string[]): Promise<string> {
  const options = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8']
  return run('java', [...options, '-cp', `${tools}/libs/*`, main, ...args])
}
