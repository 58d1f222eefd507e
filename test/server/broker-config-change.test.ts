// Configs of a broker over the wire: they are fixed when it starts, so a change is refused by its name, and taking away what is not set is
// none.
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.js'
import { serveOn } from './server-fixture.js'

const BROKER = 4
const SET = 0
const DELETE = 1

test('a config of the broker is not changed, and one that is not set can be taken away', async () => {
  const { client: connect } = await serveOn({})
  const client = await connect()
  const alter = async (resourceName: string, configOperation: number, value: string | null) => {
    const configs = [{ name: 'leader.replication.throttled.rate', value, configOperation }]
    const resources = [{ resourceType: BROKER, resourceName, configs }]
    return (await client.call(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, { resources })).responses[0]
  }
  for (const name of ['1', '']) {
    expect(await alter(name, SET, '1000')).toMatchObject({
      errorCode: ERROR_CODES.INVALID_REQUEST,
      errorMessage: expect.stringContaining('leader.replication.throttled.rate'),
    })
    expect(await alter(name, DELETE, null)).toMatchObject({ errorCode: 0, errorMessage: null })
  }
  expect(await alter('7', DELETE, null)).toMatchObject({
    errorCode: ERROR_CODES.INVALID_REQUEST,
    errorMessage: expect.stringContaining('no broker "7"'),
  })
})
