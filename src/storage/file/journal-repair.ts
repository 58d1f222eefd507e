// Damage in the journal, found and taken out. A record that is damaged is made void, so that the good ones behind it count; whether a
// log now lacks something shows when the journal is replayed, since each record says where its logs stood before it.

import { KafkaliteError } from '../../errors.js'
import type { FileSystem } from './file-system.js'
import { journalPath } from './journal.js'
import { RECORD_ALIGNMENT, voidRecord } from './journal-record.js'
import { journalNumbers, scanJournalFile } from './journal-replay.js'
import type { RepairStep } from './repair-step.js'

/** The stretches of the journal that are damaged although they had been synced. */
export function findJournalDamage(fileSystem: FileSystem, folder: string): RepairStep[] {
  const steps: RepairStep[] = []
  for (const number of journalNumbers(fileSystem, folder)) {
    const file = journalPath(folder, number)
    for (const { position, end, record } of scanJournalFile(fileSystem, file, number).damages) {
      steps.push({
        action: 'drop',
        log: '',
        file,
        position,
        offset: record,
        bytes: end - position,
        reason: 'no good record stands here although it had been synced',
      })
    }
  }
  return steps
}

/** Makes the damaged stretches void. */
export async function mendJournal(fileSystem: FileSystem, path: string, drops: readonly RepairStep[]): Promise<void> {
  const number = Number(/(\d{20})\.journal$/.exec(path)?.[1])
  const { damages } = scanJournalFile(fileSystem, path, number)
  const file = fileSystem.open(path, 'open')
  const copy = fileSystem.open(`${path}.dropped`, 'create')
  try {
    for (const { position, end, record, records } of damages) {
      if (!drops.some((drop) => drop.position === position))
        throw new KafkaliteError('INVALID_STATE', `${path} changed since it was looked at`)
      const bytes = fileSystem.allocate(end - position)
      file.read(bytes, 0, bytes.length, position)
      copy.write(bytes, 0, bytes.length, copy.size())
      for (let n = 0; n < records; n++) {
        const at = position + n * RECORD_ALIGNMENT
        const length = n === records - 1 ? end - at : RECORD_ALIGNMENT
        const header = voidRecord(at, record + n, length)
        file.write(header, 0, header.length, at)
      }
    }
    await copy.sync()
    await file.sync()
  } finally {
    file.close()
    copy.close()
  }
}
