// The files that say what a partition remembers of its producers: byte for byte as Kafka writes them, and never trusted against the log.
// Whatever of them is lost, damaged, old or ahead of the log, a broker that opens the folder knows the same as before.

import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import type { ProducerIdentity } from '../../src/core/transaction-port.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { decodeAborted, encodeAborted } from '../../src/storage/file/aborted-index.js'
import { decodeSnapshot, encodeSnapshot } from '../../src/storage/file/producer-snapshot.js'
import type { OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import type { LogConfig, LogStore } from '../../src/storage/storage.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'
import { batchOf, openCluster } from './cluster-fixture.js'
import { sentBy, stableEnd, visible } from './transaction-fixture.js'

const T = { topic: 't', partition: 0 }

const opened: EmbeddedCluster[] = []
afterEach(async () => {
  for (const cluster of opened.splice(0)) await cluster.close()
})

/** Nothing here is about the disk, so nobody waits for it. */
class Unsynced extends NodeFileSystem {
  override open(path: string, mode: 'create' | 'open'): OpenFile {
    return Object.assign(Object.create(super.open(path, mode)) as OpenFile, { sync: async () => {} })
  }
  override async syncFolder(): Promise<void> {}
}

/** Gives topic t smaller segments than a topic may ask for. */
class SmallSegments extends FileStorage {
  constructor(folder: string) {
    super(folder, { fileSystem: new Unsynced() })
  }
  override log(name: string, config: LogConfig): LogStore {
    return super.log(name, name.startsWith('t-') ? { ...config, segmentBytes: 1500 } : config)
  }
}

async function open(folder: string): Promise<EmbeddedCluster> {
  const { cluster } = await openCluster({ storage: new SmallSegments(folder) })
  opened.push(cluster)
  if ((await cluster.topics()).length === 0) await cluster.createTopic('t')
  return cluster
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('Bytes that a broker of Kafka wrote', () => {
  const SNAPSHOT =
    '0001 a6cfc4fa 00000001 0000000000001092 0000 00000007 0000000000000007 00000000 000000000000ee48 ffffffff ffffffffffffffff'
  const INDEX = '0000 0000000000000006 0000000000000000 0000000000000003 0000000000000004'

  test('are read and written as they are: a snapshot', () => {
    const states = decodeSnapshot(bytesOf(SNAPSHOT))
    expect(states).toMatchObject([{ producerId: 4242, producerEpoch: 0, coordinatorEpoch: -1, openSince: -1, lastTimestamp: 61_000 }])
    expect(states?.[0]?.batches).toEqual([{ baseSequence: 7, lastSequence: 7, baseOffset: 7, lastOffset: 7, timestamp: 61_000 }])
    expect(hex(encodeSnapshot(states ?? []))).toBe(hex(bytesOf(SNAPSHOT)))
    for (let at = 0; at < bytesOf(SNAPSHOT).length; at++) {
      const spoiled = bytesOf(SNAPSHOT)
      spoiled[at] = (spoiled[at] as number) ^ 1
      expect(decodeSnapshot(spoiled)).toBeNull()
    }
  })

  test('are read and written as they are: an index of aborted transactions', () => {
    const ranges = decodeAborted(bytesOf(INDEX), 0, 4)
    expect(ranges).toEqual([{ producerId: 6, firstOffset: 0, lastOffset: 3, stableOffset: 4 }])
    expect(hex(encodeAborted(ranges ?? []))).toBe(hex(bytesOf(INDEX)))
    expect(decodeAborted(bytesOf(INDEX), 4, 8)).toBeNull()
    expect(decodeAborted(bytesOf(INDEX), 0, 3)).toBeNull()
    expect(decodeAborted(bytesOf(INDEX).subarray(0, 33), 0, 4)).toBeNull()
  })

  test('come in the order of the table that Kafka keeps the ids in', () => {
    const state = (producerId: number) =>
      ({ producerId, producerEpoch: 0, coordinatorEpoch: -1, batches: [], lastTimestamp: 1, lastMs: 1, openSince: -1 }) as const
    const ids = (bytes: Uint8Array): number[] => (decodeSnapshot(bytes) ?? []).map(({ producerId }) => producerId)
    expect(ids(encodeSnapshot([4000, 17, 3, 1_000_000, 16].map(state)))).toEqual([4000, 16, 17, 3, 1_000_000])
  })
})

/** Three producers: one that repeats itself, one with transactions of both ends, one whose transaction is open. */
async function fill(cluster: EmbeddedCluster): Promise<void> {
  const { transactions } = cluster
  const init = (transactionalId: string | null): Promise<ProducerIdentity> =>
    Promise.resolve(transactions.initProducerId({ transactionalId, timeoutMs: 900_000 }))
  const send = async (me: ProducerIdentity, baseSequence: number, value: string): Promise<void> => {
    await cluster.produce('t', 0, sentBy({ ...me, baseSequence, transactional: true }, value), { addToTransaction: true })
  }
  const held = await init('held')
  let teller = await init('teller')
  for (let round = 0; round < 12; round++) {
    await send(teller, 0, `${round}a`)
    await cluster.produce('t', 0, sentBy({ producerId: 900_000, producerEpoch: 3, baseSequence: round }, `plain ${round}`))
    await send(teller, 1, `${round}b`)
    if (round === 9) await send(held, 0, 'held')
    teller = await transactions.end({ transactionalId: 'teller', ...teller, commit: round % 3 !== 0, version: 2 })
    await cluster.produce('t', 0, batchOf(1_735_689_600_000, 'x'.repeat(200)))
  }
}

/** All that can be told from outside of what the partition remembers. */
async function known(cluster: EmbeddedCluster) {
  const aborted = await cluster.fetch({
    positions: [{ ...T, offset: 0 }],
    maxWaitMs: 0,
    maxBytes: 1 << 26,
    maxPartitionBytes: 1 << 26,
    isolation: 'read_committed',
  })
  const repeated: number[] = []
  for (let round = 7; round < 12; round++) {
    const batch = sentBy({ producerId: 900_000, producerEpoch: 3, baseSequence: round }, `plain ${round}`)
    repeated.push((await cluster.produce('t', 0, batch)).baseOffset)
  }
  return {
    visible: await visible(cluster, T, 'read_committed'),
    aborted: aborted.map((answer) => answer.aborted),
    end: await stableEnd(cluster, T),
    repeated,
    producers: cluster.transactions
      .producers(T)
      .map(({ producerId, producerEpoch, lastSequence }) => [producerId, producerEpoch, lastSequence])
      .sort(),
  }
}

const OURS = /\.(snapshot|txnindex|producers)$/
const logFolder = (folder: string): string => join(folder, 't-0')
const filesOf = (folder: string, pattern = OURS): string[] =>
  fs
    .readdirSync(logFolder(folder))
    .filter((name) => pattern.test(name))
    .sort()

describe('A broker that opens a folder knows of its producers what it knew before', () => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['is gone', (path) => fs.rmSync(path)],
    ['has a spoiled byte', (path) => spoil(path)],
    ['is cut short', (path) => fs.truncateSync(path, Math.floor(fs.statSync(path).size / 2) + 1)],
    ['is empty', (path) => fs.truncateSync(path, 0)],
    ['is full of zeros', (path) => fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size))],
  ]

  test.each(damages)('whichever of the files %s, after a clean close and after a crash', async (what, damage) => {
    const folder = newFolder()
    const cluster = await open(folder)
    await fill(cluster)
    const before = await known(cluster)
    const crashed = crashCopy(folder)
    await cluster.close()
    for (const origin of [folder, crashed]) {
      expect(filesOf(origin, /\.txnindex$/).length).toBeGreaterThan(2)
      expect(filesOf(origin, /\.snapshot$/).length).toBe(3)
      const last = filesOf(origin, /\.producers$/).at(-1)
      const single = ['snapshot', 'producers', 'txnindex'].flatMap((ending) => {
        const names = filesOf(origin, new RegExp(`\\.${ending}$`))
        return [...new Set([names[0], names.at(-1)])].map((name) => [name ?? ''])
      })
      const choices = [...single, filesOf(origin), filesOf(origin, /\.(snapshot|producers)$/)]
      for (const names of choices) {
        // Without it a whole .snapshot counts alone, as one of Kafka's: of each producer it knows the last batch.
        if (names.length === 1 && names[0] === last && what === 'is gone') continue
        const copy = crashCopy(origin)
        for (const name of names) damage(join(logFolder(copy), name))
        const again = await open(copy)
        expect({ names, known: await known(again) }).toEqual({ names, known: before })
        await again.close()
      }
    }
  })

  test('when a power cut left the newest snapshot alone, without witnesses and indexes', async () => {
    const folder = newFolder()
    const cluster = await open(folder)
    await fill(cluster)
    const before = await visible(cluster, T, 'read_committed')
    await cluster.close()
    for (const name of filesOf(folder, /\.(producers|txnindex)$/)) fs.rmSync(join(logFolder(folder), name))
    expect(await visible(await open(folder), T, 'read_committed')).toEqual(before)
  })

  test('when the snapshots are ahead of a log that lost its end', async () => {
    const folder = newFolder()
    const cluster = await open(folder)
    await fill(cluster)
    await cluster.close()
    const bare = crashCopy(folder)
    for (const copy of [folder, bare]) {
      fs.rmSync(join(copy, '.kafka_cleanshutdown'))
      fs.rmSync(join(copy, 'recovery-point-offset-checkpoint'))
      const last = filesOf(copy, /\.log$/).slice(-2)
      for (const name of last) fs.rmSync(join(logFolder(copy), name))
    }
    for (const name of filesOf(bare)) fs.rmSync(join(logFolder(bare), name))
    const [one, other] = [await open(folder), await open(bare)]
    expect(await visible(one, T, 'read_committed')).toEqual(await visible(other, T, 'read_committed'))
    expect(await known(one)).toEqual(await known(other))
  })

  test('after a repair that took damaged ones away', async () => {
    const folder = newFolder()
    const cluster = await open(folder)
    await fill(cluster)
    const before = await known(cluster)
    await cluster.close()
    expect(await FileStorage.inspect(folder)).toEqual([])
    const spoiled = [filesOf(folder, /\.snapshot$/).at(-1), filesOf(folder, /\.txnindex$/)[0], filesOf(folder, /\.producers$/)[0]]
    for (const name of spoiled) fs.truncateSync(join(logFolder(folder), name ?? ''), 31)
    const steps = await FileStorage.repair(folder)
    expect(steps.map(({ file, bytes }) => [file, bytes]).sort()).toEqual(
      spoiled.map((name) => [join(logFolder(folder), name ?? ''), 31]).sort(),
    )
    expect(await FileStorage.inspect(folder)).toEqual([])
    expect(await known(await open(folder))).toEqual(before)
  })

  test('but forgets what repair dropped, so that it can be sent again', async () => {
    const folder = newFolder()
    const cluster = await open(folder)
    for (let n = 0; n < 3; n++) await cluster.produce('t', 0, sentBy({ producerId: 9, producerEpoch: 0, baseSequence: n }, `${n}`))
    await cluster.close()
    const file = join(logFolder(folder), filesOf(folder, /\.log$/)[0] ?? '')
    fs.truncateSync(file, fs.statSync(file).size - 5)
    await FileStorage.repair(folder)
    const again = await open(folder)
    expect(await again.produce('t', 0, sentBy({ producerId: 9, producerEpoch: 0, baseSequence: 2 }, '2'))).toMatchObject({ baseOffset: 2 })
    expect(await visible(again, T, 'read_committed')).toEqual(['0', '1', '2'])
  })

  test('when it is opened again and again, and when old segments are deleted', async () => {
    const folder = newFolder()
    let cluster = await open(folder)
    await fill(cluster)
    const end = await cluster.offset(T, 'latest')
    const before = await known(cluster)
    for (let round = 0; round < 3; round++) {
      await cluster.close()
      cluster = await open(folder)
      expect(await known(cluster)).toEqual(before)
    }
    await cluster.deleteRecords(T, (end?.offset ?? 0) - 12)
    const bases = new Set(filesOf(folder, /\.log$/).map((name) => name.slice(0, 20)))
    expect(filesOf(folder, /\.txnindex$/).every((name) => bases.has(name.slice(0, 20)))).toBe(true)
    const { repeated, producers } = await known(cluster)
    expect({ repeated, producers }).toEqual({ repeated: before.repeated, producers: before.producers })
    const left = await visible(cluster, T, 'read_committed')
    await cluster.close()
    cluster = await open(folder)
    expect(await visible(cluster, T, 'read_committed')).toEqual(left)
  })
})

function spoil(path: string): void {
  const file = fs.readFileSync(path)
  const at = Math.floor(file.length / 2)
  file[at] = (file[at] as number) ^ 0x40
  fs.writeFileSync(path, file)
}
