// Which protocol a classic group uses: of those that every member supports, the one that most members like best. Each member has a
// vote for the first of its own list that all support; the earlier one wins a tie, in the order of the first member's list.

import type { ClassicProtocol } from '../classic-group-port.js'
import type { ClassicMember } from './classic-member.js'

/** Whether a new member with these protocols can work with all of the others. */
export function hasCommonProtocol(members: readonly ClassicMember[], protocols: readonly ClassicProtocol[]): boolean {
  return protocols.some(({ name }) => members.every((member) => member.supports(name)))
}

/** The protocol of members that have at least one in common. */
export function chooseProtocol(members: readonly ClassicMember[]): string {
  const votes = new Map<string, number>()
  for (const { name } of members[0]?.protocols ?? []) if (members.every((member) => member.supports(name))) votes.set(name, 0)
  for (const member of members) {
    const liked = member.protocols.find(({ name }) => votes.has(name))
    if (liked !== undefined) votes.set(liked.name, (votes.get(liked.name) ?? 0) + 1)
  }
  let chosen = ''
  for (const [name, count] of votes) if (chosen === '' || count > (votes.get(chosen) ?? 0)) chosen = name
  return chosen
}
