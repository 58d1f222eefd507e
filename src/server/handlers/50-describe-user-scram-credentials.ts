// DescribeUserScramCredentials: which users clients have made, and how; never what their passwords became.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DescribeUserScramCredentialsResponse,
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from '../../protocol/messages/50-describe-user-scram-credentials.js'
import { handler } from '../handler.js'

type Result = Outgoing<DescribeUserScramCredentialsResponse['results'][number]>

export const describeUserScramCredentials = handler({
  request: describeUserScramCredentialsRequest,
  response: describeUserScramCredentialsResponse,
  first: 0,
  last: 0,
  async handle({ users }, { broker }) {
    const store = await broker.scram()
    const given = users === null || users.length === 0 ? store.names() : users.map(({ name }) => name)
    const results = [...new Set(given)].map((user): Result => {
      const failed = (errorCode: number, errorMessage: string): Result => ({ user, errorCode, errorMessage, credentialInfos: [] })
      if (given.filter((each) => each === user).length > 1)
        return failed(
          ERROR_CODES.DUPLICATE_RESOURCE,
          `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
        )
      const mine = store.of(user)
      if (mine === undefined)
        return failed(ERROR_CODES.RESOURCE_NOT_FOUND, `Attempt to describe a user credential that does not exist: ${user}`)
      return { user, errorMessage: null, credentialInfos: [...mine].map(([mechanism, { iterations }]) => ({ mechanism, iterations })) }
    })
    return { errorMessage: null, results }
  },
})
