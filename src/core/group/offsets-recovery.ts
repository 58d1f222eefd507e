// Fits what groups have committed to the topics as they are after a start. A power cut may take records whose offsets were committed
// already: those offsets are passed over, so that the group does not skip what is sent later. A crash in the midst of a deletion may
// leave offsets of a topic that is gone: they go too, lest a new topic of the name inherits them.

import { isPromise } from '../../lib/awaitable.js'
import type { TopicRegistry } from '../topic-registry.js'
import type { CommittedOffsets } from './committed-offsets.js'

export async function fitOffsets(committed: CommittedOffsets, registry: TopicRegistry): Promise<void> {
  const stale = new Set<string>()
  for (const group of committed.ids()) {
    for (const { topic, partition, offset } of committed.of(group)) {
      const found = registry.find(topic)?.partitions[partition]
      if (found === undefined) stale.add(topic)
      else {
        const skipped = found.skipTo(offset)
        if (isPromise(skipped)) await skipped
      }
    }
  }
  for (const topic of stale) if (registry.find(topic) === undefined) await committed.removeTopic(topic)
}
