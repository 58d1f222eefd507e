// librdkafka, through its Python client, against a listener in this process.
import { fileURLToPath } from 'node:url'
import { run } from '../../kafka/tools.js'
import { installed, scenario } from '../scenario.js'
import { LIBRDKAFKA_CHECKS } from './checks.js'

scenario(
  LIBRDKAFKA_CHECKS,
  async (address) => {
    const python = (await installed('librdkafka')).at(-1) ?? ''
    return run(python, [fileURLToPath(new URL('scenario.py', import.meta.url)), address])
  },
  { acls: { superUsers: ['User:ANONYMOUS'] } },
)
