// The generated pages of docs and of the protocol, and what makes each of them.
import { renderCompatibility } from './compatibility.js'
import { renderDifferences } from './differences.js'
import { renderErrors } from './errors.js'
import { renderOptions } from './options.js'
import type { Page } from './page.js'
import { protocolPages } from './protocol.js'

export const PAGES: readonly Page[] = [
  { file: 'docs/errors.md', render: renderErrors },
  { file: 'docs/options.md', render: renderOptions },
  { file: 'docs/differences.md', render: renderDifferences },
  { file: 'docs/compatibility.md', render: renderCompatibility },
  ...protocolPages(),
]
