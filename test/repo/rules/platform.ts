// Where the machine is touched. Time, chance, Node's modules and Buffer come in through a few named files; everything else is handed
// them, so a test can move time, repeat a seed, and the memory path runs in a browser.
import ts from 'typescript'
import { finding, importsOf, walk } from '../source-file.js'
import type { FileRule, Finding } from '../source-file.js'

const NODE_FILES = [
  'src/storage/file/node-file-system.ts',
  'src/storage/file/folder-lock.ts',
  'src/storage/file/lock-file.ts',
  'src/storage/file/process-identity.ts',
  'src/record/node-gzip.ts',
  'src/record/node-zstd.ts',
  'src/server/',
  'src/cli/',
  'src/testing/',
]
const CLOCK_FILES = ['src/lib/clock.ts']
const CHANCE_FILES = ['src/broker.ts', 'src/lib/random.ts']
const BUFFER_FILES = [
  'src/lib/text.ts',
  'src/storage/file/node-file-system.ts',
  'src/record/node-gzip.ts',
  'src/server/scram.ts',
  'src/server/scram-store.ts',
  'src/testing/',
]

const isIn = (name: string, places: readonly string[]): boolean =>
  places.some((place) => name === place || (place.endsWith('/') && name.startsWith(place)))

/** `node:` modules, and Node's modules without the prefix, only in the files that wrap them. */
export const nodeImports: FileRule = (file) => {
  if (!file.name.startsWith('src/') || isIn(file.name, NODE_FILES)) return []
  return importsOf(file)
    .filter(
      ({ specifier }) =>
        specifier.startsWith('node:') || /^(fs|path|os|net|crypto|zlib|events|buffer|stream|util|timers)(\/|$)/.test(specifier),
    )
    .map(
      ({ specifier, line }): Finding => ({
        file: file.name,
        line,
        message: `imports ${specifier}; only ${NODE_FILES.join(', ')} may: take what you need through an interface`,
      }),
    )
}

interface Forbidden {
  readonly allowedIn: readonly string[]
  readonly cure: string
}

const TIME: Forbidden = { allowedIn: CLOCK_FILES, cure: 'take a Clock through the constructor (src/lib/clock.ts)' }
const CHANCE: Forbidden = { allowedIn: CHANCE_FILES, cure: 'take `random: () => number` through the constructor' }
const BUFFER: Forbidden = { allowedIn: BUFFER_FILES, cure: 'use Uint8Array and src/lib/text.ts, which also work in a browser' }
/** VirtualClock has to let the event loop turn before it can say that everything is quiet. */
const TURN: Forbidden = { allowedIn: [...CLOCK_FILES, 'src/testing/virtual-clock.ts'], cure: TIME.cure }

const GLOBALS: Readonly<Record<string, Forbidden>> = {
  setTimeout: TIME,
  setInterval: TIME,
  setImmediate: TURN,
  'Date.now': TIME,
  'performance.now': TIME,
  'process.hrtime': TIME,
  'Math.random': CHANCE,
  'crypto.randomUUID': CHANCE,
  'crypto.getRandomValues': CHANCE,
  Buffer: BUFFER,
}

/** A use of the global, and not a property, a member's name or a type of that name. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node || parent.expression.getText() === 'globalThis'
  if (ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent)) return false
  return (
    !ts.isPropertyAssignment(parent) && !ts.isPropertySignature(parent) && !ts.isMethodDeclaration(parent) && !ts.isMethodSignature(parent)
  )
}

/** Time, timers, chance and Buffer only where they are wrapped. */
export const globals: FileRule = (file) => {
  if (!file.name.startsWith('src/')) return []
  const findings: Finding[] = []
  const check = (node: ts.Node, name: string): void => {
    const rule = Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined
    if (rule && !isIn(file.name, rule.allowedIn))
      findings.push(finding(file, node, `uses ${name}; only ${rule.allowedIn.join(', ')} may: ${rule.cure}`))
  }
  walk(file, (node) => {
    if (ts.isIdentifier(node) && isUse(node)) check(node, node.text)
    else if (ts.isPropertyAccessExpression(node))
      check(node, `${node.expression.getText(file.tree).replace('globalThis.', '')}.${node.name.text}`)
    else if (ts.isNewExpression(node) && node.expression.getText(file.tree) === 'Date' && !node.arguments?.length) check(node, 'Date.now')
  })
  return findings
}

/** A test waits for an event or moves a virtual clock; a pause is slow when it is long and wrong when it is short. */
export const noSleeps: FileRule = (file) => {
  if (!file.name.startsWith('test/') || /^test\/(repo|package|bench)\//.test(file.name)) return []
  const message = 'waits for time to pass; wait for an event, or advance a VirtualClock (kafkalite/testing)'
  const findings: Finding[] = importsOf(file)
    .filter(({ specifier }) => /^(node:)?timers/.test(specifier))
    .map(({ line }) => ({ file: file.name, line, message }))
  walk(file, (node) => {
    if (!ts.isCallExpression(node)) return
    if (/^(globalThis\.)?(setTimeout|setInterval)$|^Bun\.sleep$|^vi\.waitFor$|^vi\.waitUntil$/.test(node.expression.getText(file.tree))) {
      findings.push(finding(file, node, message))
    }
  })
  return findings
}
