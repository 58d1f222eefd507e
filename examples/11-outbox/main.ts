// A shop keeps its orders in a database and tells the warehouse through a topic. The order and its message are written in one
// transaction of the database, so there is never one without the other; the relay then publishes each message once, also when the
// process dies after it has published and before it has said so.

import { Broker, MemoryStorage } from 'kafkalite'
import { OutboxRelay, SqliteOutbox } from 'kafkalite/outbox'
import { Database } from './sqlite.js'

const shop = new Database()
shop.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT, paid INTEGER CHECK (paid > 0))')
const outbox = new SqliteOutbox(shop)
outbox.open()

function order(id: number, what: string, paid: number): void {
  shop.transaction(() => {
    outbox.add({ topic: 'orders', key: String(id), value: what })
    shop.prepare('INSERT INTO orders VALUES (?, ?, ?)').run(...([id, what, paid] as never[]))
  })
}

order(1, 'apples', 5)
order(2, 'pears', 3)
try {
  order(3, 'plums', 0)
} catch {
  console.log('order 3 was not paid: it is not in the database, and its message goes with it')
}

const storage = new MemoryStorage()
let broker = await Broker.open({ storage })

// The process dies when the messages are in the log and their rows are in the table still.
const dying = new SqliteOutbox(shop)
dying.remove = () => {
  throw new Error('the process dies here')
}
const first = await OutboxRelay.open(broker, dying)
await first.flush().catch((error: Error) => console.log(`published, and ${error.message}`))
await first.close()
await broker.close()

// It is started again: what is in the table was published before, which the log knows.
broker = await Broker.open({ storage })
const relay = await OutboxRelay.open(broker, outbox)
order(4, 'grapes', 7)
await relay.flush()
await relay.close()

const orders = await broker.topic('orders')
for await (const { key, value } of orders.read({ to: 'end', isolation: 'read_committed' })) console.log(`ship order ${key}: ${value}`)
console.log(`${shop.prepare('SELECT * FROM orders').all().length} orders in the database`)
await broker.close()
shop.close()
