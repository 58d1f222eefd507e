// Apache Kafka's Java clients, as a program uses them, against a listener in this process.
import { fileURLToPath } from 'node:url'
import { install, java } from '../../kafka/tools.js'
import { scenario } from '../scenario.js'
import { JAVA_CHECKS } from './checks.js'

scenario(JAVA_CHECKS, async (address) => java(await install(), fileURLToPath(new URL('Scenario.java', import.meta.url)), [address]), {
  acls: { superUsers: ['User:ANONYMOUS'] },
})
