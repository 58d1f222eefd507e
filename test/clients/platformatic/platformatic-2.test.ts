// @platformatic/kafka in its line 2, that wants a later Node, against a listener in this process.
import { tryLine } from './line.js'

tryLine(2)
