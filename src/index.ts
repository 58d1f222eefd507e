// The entry of the package in Node: the whole face, files as storage, and codecs from Node's own zlib.

import './node-listener.js'
import './record/own-codecs.js'
import './record/node-gzip.js'
import './record/node-zstd.js'

export * from './broker-face.js'
export { FileStorage } from './storage/file/file-storage.js'
export type { FileStorageOptions, RepairOptions } from './storage/file/file-storage-options.js'
export type { FileSystem, FolderLock, OpenFile } from './storage/file/file-system.js'
export type { TornTail } from './storage/file/recovery.js'
export type { RepairStep } from './storage/file/repair-step.js'
