// FindCoordinator: the one node coordinates everything, from the first moment on.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../protocol/messages/10-find-coordinator.js'
import { NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'

/** From here on one request asks for several keys. */
const KEYS_VERSION = 4
/** What Kafka's message says there when nothing is wrong, as long as a request asks for one key. */
const NO_ERROR = 'NONE'
const TYPES = { group: 0, transaction: 1, share: 2 } as const
const SHARE_VERSION = 6
/** What is coordinated of a share group is its state in one partition. */
const SHARE_KEY = /^.+:[A-Za-z0-9_-]{22}:\d+$/s

export const findCoordinator = handler({
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
  first: 0,
  last: 6,
  handle({ keyType, coordinatorKeys }, { version, advertised }) {
    const isShared = keyType === TYPES.share && version >= SHARE_VERSION && coordinatorKeys.every((key) => SHARE_KEY.test(key))
    const isKnown = keyType === TYPES.group || keyType === TYPES.transaction || isShared
    const node = isKnown
      ? { nodeId: NODE_ID, ...advertised, errorCode: ERROR_CODES.NONE, errorMessage: version >= KEYS_VERSION ? '' : NO_ERROR }
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
