/** What all connections of one node share. */
import type { Timers } from '#protocol/ports.ts'
import type { Domain } from '#server/domain/domain.ts'
import type { Rates } from '#server/domain/events/rates.ts'
import type { AccountPresence } from './account-presence.ts'
import type { Connection } from './connection.ts'
import type { DeviceWatch } from './device-watch.ts'
import type { DirectoryWatch } from './directory-watch.ts'
import type { LiveConnections } from './live-connections.ts'
import type { RoomPresence } from './room-presence.ts'
import type { Rooms } from './rooms.ts'
import type { StockClient } from './stock-client.ts'

export interface SyncNode {
	readonly domain: Domain
	readonly timers: Timers
	readonly rooms: Rooms
	readonly live: LiveConnections<Connection>
	/** Every open multiplexed socket, proven or not. */
	readonly connections: Set<Connection>
	/** Stock clients at `/sync/<guid>`: all, and by account and session. */
	readonly stockClients: Set<StockClient>
	readonly stock: LiveConnections<StockClient>
	/** Those that have not proven themselves yet. */
	readonly strangers: Set<Connection>
	readonly deviceRates: Rates
	/** Of devices, for what is passed on to others. */
	readonly signalRates: Rates
	readonly presence: AccountPresence
	readonly devices: DeviceWatch
	readonly roomPresence: RoomPresence
	readonly directory: DirectoryWatch
	/** Counts connections; with `name` unique among those of all nodes. */
	readonly nextNumber: () => number
	readonly name: string
}
