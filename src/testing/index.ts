// The entry 'kafkalite/testing': what tests of programs and of storages need. It runs in Node.

export { type OpenedStorage, type StorageSuite, storageSuite, type TestFunctions } from './storage-suite.js'
export { VirtualClock } from './virtual-clock.js'
