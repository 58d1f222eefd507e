// `npm run tables`: writes the generated pages of docs anew.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PAGES } from './pages.js'

for (const { file, render } of PAGES) {
  writeFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), render())
  console.log(`wrote ${file}`)
}
