// One folder: the names in it as the processes see them and as the disk has them, with the changes of names since the last sync of
// the folder. After a power cut changes of one name have kept their order, but those of different names are independent: a new file
// may be there while an older rename is not.

import type { FaultyFile } from './faulty-file.js'

export type FaultyNode = FaultyFile | FaultyFolder

/** One change: each name in it gets the node, or loses it (null), all at the same moment. */
type NameChange = readonly (readonly [name: string, node: FaultyNode | null])[]

export class FaultyFolder {
  readonly kind = 'folder'

  constructor(
    /** As a process sees them. */
    readonly names: Map<string, FaultyNode> = new Map(),
    private readonly disk: Map<string, FaultyNode> = new Map(),
    private readonly changes: NameChange[] = [],
    private gone = 0,
  ) {}

  change(change: NameChange): void {
    apply(this.names, change)
    this.changes.push(change)
  }

  get place(): number {
    return this.gone + this.changes.length
  }

  persist(place: number): void {
    for (const change of this.take(place)) apply(this.disk, change)
  }

  forget(place: number): void {
    this.take(place)
  }

  /** The same folder for the next process. A node that has several names, or a name only on the disk, stays one node. */
  clone(seen = new Map<FaultyNode, FaultyNode>()): FaultyFolder {
    const cloneNode = (node: FaultyNode): FaultyNode => {
      const there = seen.get(node)
      if (there !== undefined) return there
      const copy = node.kind === 'file' ? node.clone() : node.clone(seen)
      seen.set(node, copy)
      return copy
    }
    const cloneNames = (names: ReadonlyMap<string, FaultyNode>): Map<string, FaultyNode> =>
      new Map([...names].map(([name, node]) => [name, cloneNode(node)]))
    const changes = this.changes.map((change) => change.map(([name, node]) => [name, node === null ? null : cloneNode(node)] as const))
    return new FaultyFolder(cloneNames(this.names), cloneNames(this.disk), changes, this.gone)
  }

  /** What is on the disk after the power went. */
  afterPowerCut(random: () => number): FaultyFolder {
    const names = new Map(this.disk)
    const groups = groupOf(this.changes)
    for (const changes of groups) {
      const kept = random() < 0.25 ? changes.length : Math.floor(random() * (changes.length + 1))
      for (const change of changes.slice(0, kept)) apply(names, change)
    }
    const left = new Map([...names].map(([name, node]) => [name, node.afterPowerCut(random)] as const))
    return new FaultyFolder(new Map(left), left)
  }

  private take(place: number): NameChange[] {
    const count = Math.max(0, place - this.gone)
    this.gone += count
    return this.changes.splice(0, count)
  }
}

function apply(names: Map<string, FaultyNode>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === null) names.delete(name)
    else names.set(name, node)
  }
}

/** The changes in groups that share no name, each in its order. */
function groupOf(changes: readonly NameChange[]): NameChange[][] {
  const groups: { names: Set<string>; changes: NameChange[] }[] = []
  for (const change of changes) {
    const touched = groups.filter(({ names }) => change.some(([name]) => names.has(name)))
    const group = { names: new Set(change.map(([name]) => name)), changes: [] as NameChange[] }
    for (const other of touched) {
      for (const name of other.names) group.names.add(name)
      group.changes.push(...other.changes)
      groups.splice(groups.indexOf(other), 1)
    }
    // Groups that a rename joins were made in the order of their changes, which is kept.
    group.changes.sort((a, b) => changes.indexOf(a) - changes.indexOf(b))
    group.changes.push(change)
    groups.push(group)
  }
  return groups.map((group) => group.changes)
}
