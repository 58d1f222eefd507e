// DeleteRecords: moves the start of partitions; -1 stands for the high watermark.

import { errorCodeOf } from '../../protocol/error-codes.js'
import { deleteRecordsRequest, deleteRecordsResponse } from '../../protocol/messages/21-delete-records.js'
import { handler } from '../handler.js'

export const deleteRecords = handler({
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
  first: 0,
  last: 2,
  async handle({ topics }, { broker }) {
    const remove = async (
      topic: string,
      partitionIndex: number,
      offset: number,
    ): Promise<{ partitionIndex: number; lowWatermark: number; errorCode: number }> => {
      try {
        const lowWatermark = await broker.cluster.deleteRecords({ topic, partition: partitionIndex }, offset)
        return { partitionIndex, lowWatermark, errorCode: 0 }
      } catch (error) {
        return { partitionIndex, lowWatermark: -1, errorCode: errorCodeOf(error) }
      }
    }
    const answers = topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(partitions.map(({ partitionIndex, offset }) => remove(name, partitionIndex, offset))),
    }))
    return { topics: await Promise.all(answers) }
  },
})
