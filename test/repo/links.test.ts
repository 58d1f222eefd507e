// A relative link of a page leads to a file or a folder that is there, and a link to a heading leads to one that the page has.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { listFiles, ROOT } from './source-file.js'

/** The name a heading has in a link. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

function headingsOf(text: string): Set<string> {
  return new Set([...text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? '')))
}

/** The links of one page that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '').filter((link) => !/^[a-z]+:/.test(link))
  return links.flatMap((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(ROOT, target))) return [`${page}: ${link} leads to no file`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    const headings = headingsOf(path === '' ? text : readFileSync(join(ROOT, target), 'utf8'))
    return headings.has(anchor) ? [] : [`${page}: ${link} leads to no heading`]
  })
}

test('a link to a file or a heading that is not there is found', () => {
  const page = '# One thing: more\n[a](#one-thing-more) [b](#two) [c](nowhere.md) [d](https://example.org/x.md) [e](LICENSE)'
  expect(brokenLinks('README.md', page)).toEqual(['README.md: #two leads to no heading', 'README.md: nowhere.md leads to no file'])
})

test('every relative link of the readme and of docs leads somewhere', () => {
  const pages = [
    'README.md',
    ...listFiles('docs', (name) => name.endsWith('.md') && !name.startsWith('docs/api/')),
    ...listFiles('examples', (name) => name.endsWith('.md')),
  ]
  expect(pages.flatMap((page) => brokenLinks(page, readFileSync(join(ROOT, page), 'utf8')))).toEqual([])
})
