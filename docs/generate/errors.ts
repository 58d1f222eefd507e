// docs/errors.md: one row for each code of src/errors.ts, with what causes it and what to do about it.
import { ERROR_KINDS } from '../../src/errors.js'

const cell = (text: string): string => text.replaceAll('|', '\\|')

export function renderErrors(): string {
  const rows = Object.entries(ERROR_KINDS).map(
    ([code, { retriable, cause, cure }]) => `| \`${code}\` | ${retriable ? 'yes' : 'no'} | ${cell(cause)} | ${cell(cure)} |`,
  )
  return `<!-- Generated from src/errors.ts by npm run tables. -->
# Errors

Everything kafkalite throws is a \`KafkaliteError\` with one of these codes. Match on the code, never on the class or the words:
\`KafkaliteError.is(error, 'DISK_FULL')\` also knows errors of another copy of the package. \`retriable\` says whether the same call
may succeed later, \`cause\` holds what lies beneath. The codes are Kafka's where Kafka has one; those from \`INVALID_ARGUMENT\` on are ours.

| Code | Retriable | When it happens | What to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
