// The tables in docs are generated from the code, so they cannot say anything else than it. This test notices when they were not.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PAGES } from '../../docs/generate/pages.js'
import { ROOT } from './source-file.js'

test.each(PAGES.map(({ file, render }) => [file, render] as const))('%s is what the code says', (file, render) => {
  const path = join(ROOT, file)
  const written = existsSync(path) ? readFileSync(path, 'utf8') : ''
  expect(written === render(), `${file} is stale: run npm run tables`).toBe(true)
})
