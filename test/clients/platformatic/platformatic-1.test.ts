// @platformatic/kafka in its line 1, that Node 20 takes, against a listener in this process.
import { tryLine } from './line.js'

tryLine(1)
