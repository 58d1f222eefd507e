// The entry 'kafkalite/testing': what tests of programs and of storages need. It runs in Node.

export type { FileSystem, FolderLock, OpenFile } from '../storage/file/file-system.js'
export {
  type Crash,
  type FaultPoint,
  type FaultRates,
  FaultyFileSystem,
  type FaultyFileSystemOptions,
  ProcessCrashed,
} from './faulty-file-system.js'
export { type FileSystemSuite, fileSystemSuite, type OpenedFileSystem } from './file-system-suite.js'
export { seededRandom } from './seeded-random.js'
export { type OpenedStorage, type StorageSuite, storageSuite, type TestFunctions } from './storage-suite.js'
export { VirtualClock } from './virtual-clock.js'
