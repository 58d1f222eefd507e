// Gives the broker in Node its listener: imported for that by the entry for Node. The listener with all of the protocol is loaded when
// it is first asked for.

import { provideListener } from './listen.js'

provideListener(() => import('./server/listener.js'))
