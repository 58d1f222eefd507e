// The entry of the package in a browser: the face without what only Node has (files, gzip). Records are kept in memory.

export * from './broker-face.js'
