// The broker as the handlers see it: the cluster behind the port, who we are to clients, and topics by their ids. One view serves all
// connections of all listeners of a broker.

import { KafkaliteError } from '../errors.js'
import { AclStore } from './access/access-control.js'
import type { KeptMap } from '../core/kept-map.js'
import type { ScramStore } from './scram-store.js'
import type { BrokerSettings } from '../core/broker-settings.js'
import type { Cluster, TopicDescription } from '../core/cluster.js'
import type { ConsumerGroupPort } from '../core/consumer-group-port.js'
import type { ClassicGroupPort } from '../core/classic-group-port.js'
import type { GroupConfigPort, ShareGroupPort } from '../core/share-group-port.js'
import { FetchSessions } from './fetch-session.js'
import { ShareSessions } from './share-session.js'

/** There is one node, and it is never -1, which stands for "none". */
export const NODE_ID = 1

export class BrokerView {
  readonly fetchSessions: FetchSessions
  /** Of ShareFetch and ShareAcknowledge, on whatever connection. */
  readonly shareSessions = new ShareSessions()
  /** What is known of topics, by their ids; null when topics came or went since. */
  private byId: Promise<ReadonlyMap<string, TopicDescription>> | null = null

  private aclStore: Promise<AclStore> | null = null
  private scramStore: Promise<ScramStore> | null = null

  private constructor(
    readonly cluster: Cluster,
    readonly clusterId: string,
    readonly settings: BrokerSettings,
    readonly groups: ClassicGroupPort,
    readonly consumerGroups: ConsumerGroupPort,
    readonly shareGroups: ShareGroupPort,
    readonly groupConfigs: GroupConfigPort,
  ) {
    this.fetchSessions = new FetchSessions(cluster.clock, cluster.random)
    const forget = (): void => {
      this.byId = null
    }
    cluster.events.on('topicCreated', forget)
    cluster.events.on('topicDeleted', forget)
  }

  /** NOT_SUPPORTED for a cluster that is not in this process. */
  static async open(cluster: Cluster): Promise<BrokerView> {
    const { classicGroups, consumerGroups, shareGroups, groupConfigs, settings, identify } = cluster
    const hasGroups = classicGroups !== undefined && consumerGroups !== undefined && shareGroups !== undefined && groupConfigs !== undefined
    if (!hasGroups || settings === undefined || identify === undefined)
      throw new KafkaliteError('NOT_SUPPORTED', 'A listener needs a broker in this process; clients of a cluster connect to the cluster')
    return new BrokerView(cluster, await identify.call(cluster), settings, classicGroups, consumerGroups, shareGroups, groupConfigs)
  }

  /** The access rules. NOT_SUPPORTED. */
  acls(): Promise<AclStore> {
    this.aclStore ??= this.kept().then((kept) => new AclStore(kept))
    return this.aclStore
  }

  /** The users that clients made. Loaded with the cryptography that it needs. NOT_SUPPORTED. */
  scram(): Promise<ScramStore> {
    this.scramStore ??= this.openScram()
    return this.scramStore
  }

  private async openScram(): Promise<ScramStore> {
    const { ScramStore: Store } = await import('./scram-store.js')
    return new Store(await this.kept())
  }

  private async kept(): Promise<KeptMap> {
    if (this.cluster.kept === undefined) throw new KafkaliteError('NOT_SUPPORTED', 'This cluster keeps neither access rules nor users')
    return this.cluster.kept()
  }

  /** The topic with that id, or undefined. */
  async topicById(id: string): Promise<TopicDescription | undefined> {
    this.byId ??= this.cluster.topics().then((topics) => new Map(topics.map((topic) => [topic.id, topic])))
    return (await this.byId).get(id)
  }

  /** The topic of that name, or undefined. */
  async topicNamed(name: string): Promise<TopicDescription | undefined> {
    try {
      return await this.cluster.topic(name)
    } catch (error) {
      if (KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION')) return undefined
      throw error
    }
  }
}
