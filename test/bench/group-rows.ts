// What dividing the work costs: four members of a group on sixteen partitions against one consumer of the same records.

import { Broker, type Topic } from 'kafkalite'
import { mustBe, type Prepare, type Row } from './ratio.js'
import { freshValue, SMALL } from './values.js'

const PARTITIONS = 16

async function fill(topic: Topic<string>, broker: Broker, count: number): Promise<void> {
  const producer = broker.producer()
  for (let at = 0; at < count; at++) {
    if (!producer.write(topic, { value: freshValue(SMALL, at), partition: at % PARTITIONS })) await producer.flush()
  }
  await producer.close()
}

const consume =
  (count: number, members: number): Prepare =>
  async () => {
    const broker = await Broker.open()
    const topic = await broker.topic('bench', { partitions: PARTITIONS })
    await fill(topic, broker, count)
    return {
      units: count,
      async work() {
        let characters = 0
        const consumers = Array.from({ length: members }, () => topic.consumer({ groupId: 'bench', from: 'earliest' }))
        await Promise.all(
          consumers.map((consumer) =>
            consumer.runBatch((records) => {
              for (const { value } of records) characters += value?.length ?? 0
            }),
          ),
        )
        await broker.group('bench').caughtUp()
        await Promise.all(consumers.map((consumer) => consumer.close()))
        mustBe('characters', characters, count * SMALL)
      },
      end: () => broker.close(),
    }
  }

export function groupRows(scale: number): Row[] {
  const count = 1_000_000 * scale
  return [
    {
      name: 'memory, a group of 4 members on 16 partitions',
      yardstick: 'one member of the same group',
      target: 0.9,
      ours: consume(count, 4),
      theirs: consume(count, 1),
    },
  ]
}
