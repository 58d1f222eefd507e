// The generated pages of docs and what makes each of them.
import { renderErrors } from './errors.js'
import { renderOptions } from './options.js'

export interface Page {
  readonly file: string
  render(): string
}

export const PAGES: readonly Page[] = [
  { file: 'docs/errors.md', render: renderErrors },
  { file: 'docs/options.md', render: renderOptions },
]
