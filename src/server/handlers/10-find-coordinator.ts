// FindCoordinator: the one node coordinates everything, from the first moment on.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../protocol/messages/10-find-coordinator.js'
import { NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'

/** From here on one request asks for several keys. */
const KEYS_VERSION = 4
const TYPES = { group: 0, transaction: 1 } as const

export const findCoordinator = handler({
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
  first: 0,
  last: 6,
  handle({ keyType, coordinatorKeys }, { version, advertised }) {
    const isKnown = keyType === TYPES.group || keyType === TYPES.transaction
    const node = isKnown
      ? { nodeId: NODE_ID, ...advertised, errorCode: ERROR_CODES.NONE, errorMessage: '' }
      : {
          nodeId: -1,
          host: '',
          port: -1,
          errorCode: ERROR_CODES.INVALID_REQUEST,
          errorMessage: `There are no coordinators of type ${keyType} here`,
        }
    if (version >= KEYS_VERSION) return { coordinators: coordinatorKeys.map((each) => ({ key: each, ...node })) }
    return node
  },
})
