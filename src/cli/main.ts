#!/usr/bin/env node
// The command `kafkalite`. What a command needs is loaded when it is asked for, so that help is there at once, and from the second time
// on as V8 compiled it the first time, where Node keeps that (22.8 and later).

import { readFileSync } from 'node:fs'
import * as modules from 'node:module'
import { fail } from './failure.js'
import { USAGE } from './usage.js'

/** Beside the built file or above the sources. */
function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { name?: string; version?: string }
      if (found.name === 'kafkalite') return found.version ?? ''
    } catch {
      // It is in the other place.
    }
  }
  return ''
}

async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command === 'serve') {
    ;(modules as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.()
    const { serve } = await import('./serve.js')
    await serve(rest)
  } else if (command === '--version' || command === '-v') {
    console.log(version())
  } else if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    console.log(USAGE)
  } else {
    fail(`there is no command "${command}"; kafkalite --help lists them`, 'usage')
  }
}

main(process.argv.slice(2)).catch((error: unknown) => fail(error))
