// Who a process is, told apart from every other that may ever see the same folder, and whether another one still lives. A process id
// alone lies: ids are used again, and each container counts its own. So the start of the process, the boot of the kernel, the number
// space of the id, the machine and the container stand beside it.

import fs from 'node:fs'
import { hostname } from 'node:os'

/** Every field but `pid` and `host` is empty where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process began, in the kernel's ticks since boot. */
  readonly processStart: string
  /** Which boot of which kernel. */
  readonly boot: string
  /** The number space that the pid belongs to: a container has its own. */
  readonly pidSpace: string
  readonly host: string
  /** The installation of the operating system; the same after a reboot. */
  readonly machine: string
  /** The container, the same after it was stopped and started. */
  readonly container: string
}

/** What the lock asks the system; tests give answers of their own. */
export interface ProcessTable {
  self(): ProcessIdentity
  /** When the process of that id in this number space began: null when there is none, empty when that is not told. */
  startOf(pid: number): string | null
}

/** 'unknown': from here nobody can tell, only its heartbeat can. */
export type Verdict = 'alive' | 'dead' | 'unknown'

/** Whether the process that said this of itself still lives. */
export function judge(other: ProcessIdentity, processes: ProcessTable): Verdict {
  const self = processes.self()
  const sameKernel = self.boot !== '' && self.boot === other.boot
  if (sameKernel && self.pidSpace !== '' && self.pidSpace === other.pidSpace) return judgeByPid(other, processes)
  // One container has one number space as long as it runs: another one is of a run that is over.
  if (sameKernel && self.container !== '' && self.container === other.container) return 'dead'
  if (self.host !== other.host) return 'unknown'
  if (self.boot === '' && other.boot === '') return judgeByPid(other, processes)
  const rebooted = self.boot !== '' && other.boot !== '' && !sameKernel && self.machine !== '' && self.machine === other.machine
  return rebooted ? 'dead' : 'unknown'
}

function judgeByPid(other: ProcessIdentity, processes: ProcessTable): Verdict {
  const start = processes.startOf(other.pid)
  if (start === null) return 'dead'
  if (start === '' || other.processStart === '') return 'unknown'
  return start === other.processStart ? 'alive' : 'dead'
}

/** The system that this process runs on. */
export class SystemProcesses implements ProcessTable {
  private identity: ProcessIdentity | null = null

  self(): ProcessIdentity {
    this.identity ??= {
      pid: process.pid,
      processStart: this.startOf(process.pid) ?? '',
      boot: readSmall('/proc/sys/kernel/random/boot_id').trim(),
      pidSpace: linkTarget('/proc/self/ns/pid'),
      host: hostname(),
      machine: readSmall('/etc/machine-id').trim(),
      container: containerOf(readSmall('/proc/self/mountinfo')),
    }
    return this.identity
  }

  startOf(pid: number): string | null {
    try {
      process.kill(pid, 0)
    } catch (error) {
      // EPERM: it lives and belongs to another user.
      if ((error as { code?: unknown }).code === 'ESRCH') return null
    }
    // Field 2 is the name and may hold spaces and brackets, so counting begins behind its last bracket: 3 is the state, 22 the start.
    const stat = readSmall(`/proc/${pid}/stat`)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie runs no more; its parent has not yet asked how it ended.
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return fields[19] ?? ''
  }
}

/** Docker mounts files of the container's own folder into it. In a pod of Kubernetes several containers share those, so they tell nothing. */
export function containerOf(mounts: string): string {
  if (mounts.includes('/kubelet/pods/')) return ''
  return /\/docker\/containers\/([0-9a-f]{64})\//.exec(mounts)?.[1] ?? ''
}

function linkTarget(path: string): string {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}

function readSmall(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
