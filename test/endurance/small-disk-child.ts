// Fills the disk that was mounted for it: the folder, the case and the flush level are its arguments.

import { FileStorage } from '../../src/storage/file/file-storage.js'
import { type CaseName, type Flush, fillDisk } from './full-disk.js'

const [folder = '', name = '', flush = ''] = process.argv.slice(2)
console.log(await fillDisk({ storage: () => new FileStorage(folder) }, name as CaseName, flush as Flush))
