// AlterUserScramCredentials: users come, change and go, each user all or nothing.

import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import {
  type AlterUserScramCredentialsRequest,
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from '../../protocol/messages/51-alter-user-scram-credentials.js'
import { handler } from '../handler.js'
import { credentialOf, digestOf, ITERATIONS, SCRAM_MECHANISMS, type ScramChange, type ScramStore } from '../scram-store.js'

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export const alterUserScramCredentials = handler({
  request: alterUserScramCredentialsRequest,
  response: alterUserScramCredentialsResponse,
  first: 0,
  last: 0,
  async handle(request, { broker }) {
    const store = await broker.scram()
    const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))
    const results: { user: string; errorCode: number; errorMessage: string | null }[] = []
    for (const user of users) {
      try {
        const changes = changesOf(user, request, store)
        if ('errorCode' in changes) results.push({ user, ...changes })
        else {
          await store.change(changes)
          results.push({ user, errorCode: 0, errorMessage: null })
        }
      } catch (error) {
        results.push({ user, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
      }
    }
    return { results }
  },
})

function changesOf(user: string, request: AlterUserScramCredentialsRequest, store: ScramStore): readonly ScramChange[] | Refusal {
  const refused = (errorCode: number, errorMessage: string): Refusal => ({ errorCode, errorMessage })
  const { RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE, UNACCEPTABLE_CREDENTIAL, UNSUPPORTED_SASL_MECHANISM } = ERROR_CODES
  const deletions = request.deletions.filter(({ name }) => name === user)
  const upsertions = request.upsertions.filter(({ name }) => name === user)
  const asked = [...deletions, ...upsertions].map(({ mechanism }) => mechanism)
  if (user === '') return refused(UNACCEPTABLE_CREDENTIAL, 'Username must not be empty')
  if (asked.some((mechanism) => !SCRAM_MECHANISMS.has(mechanism))) return refused(UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
  if (new Set(asked).size < asked.length)
    return refused(DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request')
  if (deletions.some(({ mechanism }) => store.of(user)?.has(mechanism) !== true))
    return refused(RESOURCE_NOT_FOUND, 'Attempt to delete a user credential that does not exist')
  if (upsertions.some(({ iterations }) => iterations < ITERATIONS.min)) return refused(UNACCEPTABLE_CREDENTIAL, 'Too few iterations')
  if (upsertions.some(({ iterations }) => iterations > ITERATIONS.max)) return refused(UNACCEPTABLE_CREDENTIAL, 'Too many iterations')
  return [
    ...deletions.map(({ mechanism }) => ({ user, mechanism, credential: null })),
    ...upsertions.map(({ mechanism, iterations, salt, saltedPassword }) => {
      const digest = digestOf(SCRAM_MECHANISMS.get(mechanism) ?? 'SCRAM-SHA-256')
      return { user, mechanism, credential: credentialOf(digest, iterations, salt, saltedPassword) }
    }),
  ]
}
