// A disk that fills up, for real where this process may mount one in memory, else the one that only plays it. Every record that was
// acknowledged stays readable, the next is refused with DISK_FULL, and when records were deleted there is room again.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '../../src/broker.js'
import { KafkaliteError } from '../../src/errors.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'

const DISK_BYTES = 4 * 1024 * 1024
const VALUE = 'v'.repeat(2000)

interface SmallDisk {
  readonly kind: string
  storage(): FileStorage
  dispose(): void
}

function smallDisk(): SmallDisk {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-full-'))
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    remove()
    const fileSystem = new FaultyFileSystem({ capacityBytes: DISK_BYTES })
    return {
      kind: 'a faulty file system (mounting is not allowed here)',
      storage: () => new FileStorage('/data', { fileSystem }),
      dispose: () => {},
    }
  }
  const dispose = (): void => {
    // Lazily: after a failure a broker may still have files open there.
    execFileSync('umount', ['-l', folder])
    remove()
  }
  return { kind: 'tmpfs', storage: () => new FileStorage(join(folder, 'data')), dispose }
}

/** Sends until there is no room. Answers the offsets that were acknowledged. */
async function fill(broker: Broker): Promise<number[]> {
  const offsets: number[] = []
  const producer = broker.producer()
  for (let n = 0; n < (10 * DISK_BYTES) / VALUE.length; n++) {
    try {
      offsets.push((await producer.send('orders', { value: `${n} ${VALUE}` })).offset)
    } catch (error) {
      assert.ok(KafkaliteError.is(error, 'DISK_FULL') && error.retriable, `expected DISK_FULL, got ${String(error)}`)
      return offsets
    }
  }
  return assert.fail('the disk never became full')
}

async function offsetsOf(broker: Broker): Promise<number[]> {
  const offsets: number[] = []
  const topic = await broker.topic('orders')
  for await (const { offset, value } of topic.read({ from: 'earliest', to: 'end' })) {
    assert.ok(value?.endsWith(VALUE))
    offsets.push(offset)
  }
  return offsets
}

/** Answers what the disk was and how many records went in the first and the second time. Throws when a promise was broken. */
export async function fillDisk(flush: 'always' | 'os'): Promise<{ kind: string; first: number; second: number }> {
  const disk = smallDisk()
  try {
    let broker = await Broker.open({ storage: disk.storage(), flush })
    const topic = await broker.topic('orders', { segmentBytes: 1_048_576 })
    const first = await fill(broker)
    assert.deepEqual(await offsetsOf(broker), first)
    await assert.rejects(broker.producer().send('orders', { value: VALUE }), { code: 'DISK_FULL' })
    await topic.partition(0).deleteRecords(-1)
    const second = await fill(broker)
    assert.ok(second.length > first.length / 4, `after a deletion ${second.length} records went in, before ${first.length}`)
    assert.deepEqual(await offsetsOf(broker), second)
    await topic.partition(0).deleteRecords(second[second.length >> 1] as number)
    await broker.close()
    broker = await Broker.open({ storage: disk.storage(), flush })
    assert.deepEqual(await offsetsOf(broker), second.slice(second.length >> 1))
    await broker.close()
    return { kind: disk.kind, first: first.length, second: second.length }
  } finally {
    disk.dispose()
  }
}
