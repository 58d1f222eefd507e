// ApiVersions: what a client may ask, in which versions. Clients turn features on by what they find here, some of them by exact
// versions, so a minimum never goes up.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { apiVersionsRequest, apiVersionsResponse } from '../../protocol/messages/18-api-versions.js'
import { type AnyHandler, handler } from '../handler.js'

/** What clients may call themselves (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** What the cluster can do beyond its requests: groups of KIP-848, share groups, the second version of the transaction protocol (KIP-890). */
const FEATURES = [
  { name: 'group.version', level: 1 },
  { name: 'share.version', level: 1 },
  { name: 'transaction.version', level: 2 },
]

export function apiVersions(handlers: () => Iterable<AnyHandler>): AnyHandler {
  return handler({
    request: apiVersionsRequest,
    response: apiVersionsResponse,
    first: 0,
    last: 4,
    handle(request, { version }) {
      const isNamed = SOFTWARE.test(request.clientSoftwareName) && SOFTWARE.test(request.clientSoftwareVersion)
      if (version >= 3 && !isNamed) return { errorCode: ERROR_CODES.INVALID_REQUEST }
      const apiKeys = [...handlers()].map(({ request: { key }, first, last, named }) => ({
        apiKey: key,
        minVersion: named ?? first,
        maxVersion: last,
      }))
      return {
        apiKeys: apiKeys.sort((a, b) => a.apiKey - b.apiKey),
        // Clients of version 3 cannot read a feature that begins at 0.
        supportedFeatures: version > 3 ? FEATURES.map(({ name, level }) => ({ name, minVersion: 0, maxVersion: level })) : [],
        finalizedFeaturesEpoch: 0,
        finalizedFeatures: FEATURES.map(({ name, level }) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
      }
    },
  })
}
