// ListPartitionReassignments: nothing is ever moved, so nothing is under way.

import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '../../protocol/messages/46-list-partition-reassignments.js'
import { handler } from '../handler.js'

export const listPartitionReassignments = handler({
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse,
  first: 0,
  last: 0,
  handle: () => ({ errorMessage: null, topics: [] }),
})
