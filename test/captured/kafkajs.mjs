// Packs the batches of cases.txt with kafkajs' own encoder, and prints batches that its decoder reads. See README.md.
//   write <cases.txt> <folder>   one <name>.hex per batch that kafkajs can express
//   read <folder>                prints every <name>.hex of the folder
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder')
const Decoder = require('kafkajs/src/protocol/decoder')
const Long = require('kafkajs/src/utils/long')

const content = (text) => (text === 'null' ? null : text.startsWith('~') ? Buffer.from(text.slice(1), 'hex') : Buffer.from(text))
const hex = (bytes) => (bytes === null || bytes === undefined ? 'null' : `~${Buffer.from(bytes).toString('hex')}`)

/** kafkajs takes headers as an object, so equal names come together, and it does not encode a header without a value. */
function headersOf(fields) {
  const headers = {}
  for (const field of fields) {
    const [, name, text] = /^([^=]*)=(.*)$/.exec(field)
    if (text === 'null') throw new Error('kafkajs cannot encode a header without a value')
    headers[name] = name in headers ? [headers[name], content(text)].flat() : content(text)
  }
  return headers
}

async function pack(fields, lines) {
  const [, , codec, type, producerId, producerEpoch, firstSequence, transactional] = fields
  if (type === 'append') throw new Error('only a broker stamps its own time')
  const times = lines.map((line) => Number(line[1]))
  const records = lines.map((line, i) =>
    Record({
      offsetDelta: i,
      timestampDelta: times[i] - times[0],
      key: content(line[2]),
      value: content(line[3]),
      headers: headersOf(line.slice(4)),
    }),
  )
  const batch = await RecordBatch({
    compression: codec === 'gzip' ? 1 : 0,
    firstTimestamp: times[0],
    maxTimestamp: Math.max(...times),
    lastOffsetDelta: lines.length - 1,
    partitionLeaderEpoch: -1,
    transactional: transactional === 'true',
    producerId: Long.fromValue(producerId),
    producerEpoch: Number(producerEpoch),
    firstSequence: Number(firstSequence),
    records,
  })
  return batch.buffer
}

async function write(cases, folder) {
  const batches = []
  for (const line of readFileSync(cases, 'utf8').split('\n')) {
    const fields = line.split('\t')
    if (fields[0] === 'batch') batches.push({ fields, lines: [] })
    if (fields[0] === 'record') batches.at(-1).lines.push(fields)
  }
  for (const { fields, lines } of batches) {
    try {
      writeFileSync(join(folder, `${fields[1]}.hex`), `${(await pack(fields, lines)).toString('hex')}\n`)
    } catch (error) {
      console.log(`left out: ${fields[1]}: ${error.message}`)
    }
  }
}

async function read(folder) {
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.hex'))
    .sort()) {
    const bytes = Buffer.from(readFileSync(join(folder, file), 'utf8').trim(), 'hex')
    const batch = await decodeBatch(new Decoder(bytes))
    console.log(
      [
        'batch',
        file.replace('.hex', ''),
        batch.producerId,
        batch.producerEpoch,
        batch.inTransaction,
        batch.isControlBatch,
        batch.maxTimestamp,
      ].join('\t'),
    )
    for (const record of batch.records) {
      const headers = Object.entries(record.headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}=${hex(one)}`))
      console.log(['record', record.offset, record.timestamp, hex(record.key), hex(record.value), ...headers].join('\t'))
    }
  }
}

const [mode, ...args] = process.argv.slice(2)
await (mode === 'write' ? write : read)(...args)
