// The entry 'kafkalite/outbox': messages that go out if and only if a database transaction commits, and the mirror of it, effects in a
// database that happen exactly once for each record. The driver of the database is handed in; nothing is depended on.

export { Inbox, type InboxOptions, type InboxPlace, type InboxStore } from './inbox.js'
export { OutboxRelay, type OutboxMessage, type OutboxOptions, type OutboxRow, type OutboxStore } from './outbox.js'
export { PostgresInbox, PostgresOutbox, type PostgresClient, type PostgresPool } from './postgres.js'
export { type SqliteDatabase, SqliteInbox, SqliteOutbox, type SqliteStatement } from './sqlite.js'
