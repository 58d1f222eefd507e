// A share group in the words in which all groups are described.

import type { GroupDescription } from '../cluster.js'
import type { ShareGroupDescription } from '../share-group-port.js'

export function describeShare({ groupId, state, epoch, members }: ShareGroupDescription): GroupDescription {
  const described = members.map(({ memberId, clientId, assignment }) => ({ id: memberId, clientId, partitions: assignment }))
  return { type: 'share', id: groupId, state, epoch, members: described }
}
