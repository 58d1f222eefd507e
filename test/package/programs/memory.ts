// The memory path as a page in a browser uses it. Bundled for a browser and run without Node's globals; it says what it found to a
// function that its page provides.
import { Broker, KafkaliteError } from 'kafkalite'

declare const tell: (words: string) => void

async function main(): Promise<void> {
  const broker = await Broker.open()
  const topic = await broker.topic('words', { partitions: 1 })
  await topic.send([
    { key: 'a', value: 'grün' },
    { key: 'b', value: 'blå 🌊' },
  ])
  const words: (string | null)[] = []
  for await (const record of topic.read({ from: 'earliest', to: 'end' })) words.push(record.value)
  await broker.close()
  const refused = await broker.topic('late').catch((error: unknown) => error)
  tell(`${words.join(' ')} ${KafkaliteError.is(refused, 'CLOSED')}`)
}

void main()
