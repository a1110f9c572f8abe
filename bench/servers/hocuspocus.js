/** Hocuspocus as its guide starts it: no hooks, everybody may write. `HOCUSPOCUS_SQLITE`: a file to store documents in. */
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'

const file = process.env.HOCUSPOCUS_SQLITE
const server = new Server({
	address: '127.0.0.1',
	port: Number(process.env.PORT),
	quiet: true,
	// Idle clients of the bench say nothing at all, which it would end after a minute.
	timeout: 3_600_000,
	extensions: file === undefined ? [] : [new SQLite({ database: file })],
})
await server.listen()
console.log('listening')
