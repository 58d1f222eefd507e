// A topic of the simulation, from its creation to its deletion. A topic of the same name that is created later is another one: its
// records carry another name, so that what comes to life again is noticed.

import type { Flush } from '../../src/core/topic-config.js'
import { CommitsModel } from './commits-model.js'
import type { TopicShape } from './expectation.js'
import { LogModel } from './log-model.js'

/** creating and deleting: the process died before it knew the outcome. */
export type TopicState = 'creating' | 'there' | 'deleting'

export class TopicModel {
  state: TopicState = 'creating'
  readonly logs: readonly LogModel[]
  readonly commits: ReadonlyMap<string, CommitsModel>

  constructor(
    readonly name: string,
    incarnation: number,
    readonly shape: TopicShape,
    groups: readonly string[],
    groupFlush: Flush,
  ) {
    const label = `${name}#${incarnation}`
    this.logs = Array.from({ length: shape.partitions }, (_, id) => new LogModel(`${label}-${id}`, shape))
    this.commits = new Map(groups.map((group) => [group, new CommitsModel(`group ${group} in ${label}`, groupFlush)]))
  }

  synced(beforeMs: number): void {
    for (const log of this.logs) log.synced(beforeMs)
    for (const commits of this.commits.values()) commits.synced(beforeMs)
  }
}
