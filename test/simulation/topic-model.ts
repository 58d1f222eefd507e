// A topic of the simulation, from its creation to its deletion. A topic of the same name that is created later is another one: its
// records carry another name, so that what comes to life again is noticed.

import type { Flush } from '../../src/core/topic-config.js'
import { CommitsModel } from './commits-model.js'
import type { TopicShape } from './expectation.js'
import { LogModel } from './log-model.js'
import { TermsModel } from './terms-model.js'

/** creating and deleting: the process died before it knew the outcome. */
export type TopicState = 'creating' | 'there' | 'deleting'

export class TopicModel {
  state: TopicState = 'creating'
  private readonly label: string
  /** More are there when it has grown. */
  readonly logs: LogModel[]
  readonly terms: TermsModel
  /** How many partitions somebody has asked for. */
  asked: number
  readonly commits: ReadonlyMap<string, CommitsModel>

  constructor(
    readonly name: string,
    incarnation: number,
    readonly shape: TopicShape,
    groups: readonly string[],
    groupFlush: Flush,
  ) {
    const label = `${name}#${incarnation}`
    this.label = label
    this.terms = new TermsModel(shape)
    this.asked = shape.partitions
    this.logs = []
    this.grow(shape.partitions)
    this.commits = new Map(groups.map((group) => [group, new CommitsModel(`group ${group} in ${label}`, groupFlush)]))
  }

  /** There are that many partitions now. */
  grow(total: number): void {
    while (this.logs.length < total) this.logs.push(new LogModel(`${this.label}-${this.logs.length}`, this.terms))
  }

  synced(beforeMs: number): void {
    for (const log of this.logs) log.synced(beforeMs)
    for (const commits of this.commits.values()) commits.synced(beforeMs)
  }
}
