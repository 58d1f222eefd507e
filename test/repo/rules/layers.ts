// Who may import whom. The order of the layers is the design: a folder sees only what stands below it, and clients see the broker
// through one port. Imports of types count too, because that is where knots begin. Also here: no cycles, no file nobody imports.
import { importsOf, resolveImport } from '../source-file.js'
import type { FileRule, Finding, SourceFile, TreeRule } from '../source-file.js'

interface Layer {
  /** The files of the layer: a folder (with a slash at its end) or one file. */
  readonly of: readonly string[]
  /** What they may import besides themselves: folders, files, packages. */
  readonly may: readonly string[]
}

const BASE = ['src/lib/', 'src/errors.ts']
const RECORD = [...BASE, 'src/record/']
const PORT = [
  'src/core/consumer-group-port.ts',
  'src/core/share-group-port.ts',
  'src/core/group-config-rules.ts',
  'src/core/group-state.ts',
  'src/core/kept-map.ts',
  'src/core/topic-partition.ts',
  'src/core/cluster.ts',
  'src/core/broker-settings.ts',
  'src/core/queue-port.ts',
  'src/core/classic-group-port.ts',
  'src/core/transaction-port.ts',
]

/** The table of DESIGN.md. The first layer that holds a file decides. */
const LAYERS: readonly Layer[] = [
  { of: ['src/lib/'], may: [] },
  { of: ['src/errors.ts'], may: [] },
  { of: ['src/record/'], may: [...BASE, 'node:'] },
  { of: ['src/storage/'], may: [...RECORD, 'node:'] },
  { of: ['src/core/'], may: [...RECORD, 'src/storage/storage.ts', 'eventemitter3'] },
  { of: ['src/client/'], may: [...RECORD, ...PORT, 'eventemitter3'] },
  { of: ['src/protocol/'], may: RECORD },
  { of: ['src/server/'], may: [...RECORD, ...PORT, 'src/core/topic-config.ts', 'src/protocol/', 'node:'] },
  { of: ['src/outbox/'], may: [...RECORD, ...PORT, 'src/client/', 'src/broker.ts', 'eventemitter3'] },
  { of: ['src/testing/'], may: ['src/', 'node:', 'eventemitter3'] },
  { of: ['src/cli/'], may: [...BASE, 'src/index.ts', 'src/server/broker-configs.ts', 'src/server/listen-options.ts', 'node:'] },
  // The face: a cluster, a storage and the clients that run on them. Never what is only for tests.
  {
    of: ['src/'],
    may: [
      ...RECORD,
      'src/storage/',
      'src/core/',
      'src/client/',
      'src/server/listener.ts',
      'src/server/listen-options.ts',
      'src/listen.ts',
      'src/node-listener.ts',
      'src/broker',
      'eventemitter3',
    ],
  },
]

const within = (name: string, places: readonly string[]): boolean => places.some((place) => name.startsWith(place))

/** A folder of src imports only what the table allows. */
export const layers: FileRule = (file) => {
  const layer = LAYERS.find(({ of }) => within(file.name, of))
  if (layer === undefined) return []
  const own = layer.of.filter((place) => place !== 'src/')
  return importsOf(file).flatMap(({ specifier, line }): Finding[] => {
    const target = resolveImport(file.name, specifier) ?? specifier
    if (within(target, [...own, ...layer.may])) return []
    const allowed = layer.may.length === 0 ? 'nothing' : layer.may.join(', ')
    const cure = `${layer.of[0]} may import ${allowed}. Move the thing down a layer, or hand it in through a constructor`
    return [{ file: file.name, line, message: `imports ${target}, which its layer may not; ${cure}` }]
  })
}

/** Examples are what a user could write, so they know the package by its names alone. */
export const examplesUseThePackage: FileRule = (file) => {
  if (!file.name.startsWith('examples/')) return []
  return importsOf(file).flatMap(({ specifier, line }): Finding[] => {
    if (!resolveImport(file.name, specifier)?.startsWith('src/') || !specifier.startsWith('.')) return []
    return [{ file: file.name, line, message: `imports ${specifier}; an example imports from 'kafkalite', as its reader would` }]
  })
}

type Graph = ReadonlyMap<string, readonly { readonly target: string; readonly line: number }[]>

function graphOf(files: readonly SourceFile[]): Graph {
  const names = new Set(files.map(({ name }) => name))
  return new Map(
    files.map((file) => [
      file.name,
      importsOf(file).flatMap(({ specifier, line }) => {
        const target = resolveImport(file.name, specifier)
        return target !== undefined && names.has(target) ? [{ target, line }] : []
      }),
    ]),
  )
}

/** No file reaches itself through its imports. */
export const noCycles: TreeRule = (files) => {
  const graph = graphOf(files)
  const findings: Finding[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (name: string): void => {
    path.push(name)
    for (const { target, line } of graph.get(name) ?? []) {
      const start = path.indexOf(target)
      if (start >= 0) {
        const cycle = [...path.slice(start), target].join(' -> ')
        findings.push({ file: name, line, message: `closes the cycle ${cycle}; move what both need into a file of its own` })
      } else if (!done.has(target)) visit(target)
    }
    path.pop()
    done.add(name)
  }
  for (const { name } of files) if (!done.has(name)) visit(name)
  return findings
}

/** The entries of the package, and the table of the whole protocol: the listener comes to its messages one by one, the tests hold all against Kafka. */
const ENTRIES = [
  'src/index.ts',
  'src/index.browser.ts',
  'src/testing/index.ts',
  'src/outbox/index.ts',
  'src/cli/main.ts',
  'src/protocol/apis.ts',
]

/** Every file of src is reached from an entry of the package; what only its own test imports is dead. */
export const noOrphans: TreeRule = (files) => {
  const graph = graphOf(files)
  const reached = new Set<string>()
  const visit = (name: string): void => {
    if (reached.has(name)) return
    reached.add(name)
    for (const { target } of graph.get(name) ?? []) visit(target)
  }
  ENTRIES.forEach(visit)
  return files
    .filter(({ name }) => name.startsWith('src/') && !reached.has(name))
    .map(({ name }) => ({ file: name, line: 1, message: 'is reached from no entry of the package; use it or delete it' }))
}
