// Kafka Streams with exactly_once_v2 on a listener in this process: it keeps its state in a changelog here, and loses and repeats nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, java } from '../../kafka/tools.js'
import { scenario } from '../scenario.js'
import { STREAMS_CHECKS } from './checks.js'

scenario(STREAMS_CHECKS, async (address) => {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-streams-'))
  try {
    return await java(await install(), fileURLToPath(new URL('WordCount.java', import.meta.url)), [address, folder])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
