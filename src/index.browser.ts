// The entry of the package in a browser: the face without what only Node has (files, gzip). Records are kept in memory.

import './record/own-codecs.js'

export * from './broker-face.js'
