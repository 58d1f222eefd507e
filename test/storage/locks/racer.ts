// One of several processes that want the same folder. Told to, it kills itself at the n-th call of the file system, so that the lock is
// left at every step of being taken and of being released.
import fs from 'node:fs'
import { join } from 'node:path'
import { KafkaliteError } from '../../../src/errors.js'
import { lockFolder } from '../../../src/storage/file/folder-lock.js'
import type { FolderLock } from '../../../src/storage/file/file-system.js'

/** What the race tells a racer. */
export type Order =
  | { readonly do: 'take'; readonly atMs: number; readonly dieAt: number }
  | { readonly do: 'release'; readonly dieAt: number }

/** What a racer answers, if it lives. */
export type Answer = { readonly owns: boolean; readonly why: string }

const folder = process.argv[2] ?? ''
/** There while somebody believes to be the owner. */
const inside = join(folder, 'inside')
let callsLeft = 0
let lock: FolderLock | null = null

/** Stands still for a moment now and then, so that what takes microseconds overlaps with what others do. */
function dawdle(): void {
  if (callsLeft !== 0 || Math.random() > 0.2) return
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 4)
}

function counted<A extends unknown[], R>(call: (...given: A) => R): (...given: A) => R {
  return (...given) => {
    dawdle()
    if (callsLeft > 0 && --callsLeft === 0) process.kill(process.pid, 'SIGKILL')
    return call(...given)
  }
}
fs.linkSync = counted(fs.linkSync)
fs.renameSync = counted(fs.renameSync)
fs.rmSync = counted(fs.rmSync)
fs.writeFileSync = counted(fs.writeFileSync)

function take(atMs: number): Answer {
  // All begin at the same moment, which no message can be relied upon for.
  while (Date.now() < atMs);
  try {
    lock = lockFolder(folder, Date.now()) as FolderLock
    callsLeft = 0
    if (!('release' in lock)) return { owns: true, why: 'the lock of a dead process was watched as if it were far away' }
    fs.closeSync(fs.openSync(inside, 'wx'))
    return { owns: true, why: '' }
  } catch (error) {
    return { owns: false, why: KafkaliteError.is(error, 'STORAGE_LOCKED') ? '' : String(error) }
  }
}

function release(): Answer {
  try {
    lock?.release()
    return { owns: false, why: '' }
  } catch (error) {
    return { owns: false, why: String(error) }
  }
}

process.on('message', (order: Order) => {
  if (order.do === 'release') fs.unlinkSync(inside)
  callsLeft = order.dieAt
  const answer = order.do === 'take' ? take(order.atMs) : release()
  callsLeft = 0
  process.send?.(answer)
})
process.on('disconnect', () => process.exit())
process.send?.({ owns: false, why: '' })
