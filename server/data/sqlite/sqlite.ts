/** The SQLite adapter of the domain's ports: the production default, one file. */
import type { Repositories, UnitOfWork } from '#server/domain/ports.ts'
import { sqliteAccountLogs, sqliteAccounts, sqliteCredentials, sqliteDevices, sqliteKemKeys } from './accounts.ts'
import { openSqlite, type Connection } from './connection.ts'
import { sqliteConversations, sqliteCutLists, sqliteEpochBoxes } from './conversations.ts'
import { sqliteEmails } from './emails.ts'
import { sqliteEvents } from './events.ts'
import { sqliteFigures } from './figures.ts'
import { sqliteFriendships } from './friendships.ts'
import { sqliteInstanceFacts } from './instance-facts.ts'
import { sqliteInvites } from './invites.ts'
import { sqliteMarkers } from './markers.ts'
import { migrateSqlite } from './migrate.ts'
import { sqliteReports } from './reports.ts'
import { sqliteRooms } from './rooms.ts'
import { sqliteSealedEntries } from './sealed-entries.ts'
import { sqliteSessions } from './sessions.ts'
import { sqliteUnitOfWork } from './unit-of-work.ts'
import { sqliteVaults } from './vaults.ts'

export interface Data {
	/** Reads of what is committed, beside any running transaction. */
	readonly repositories: Repositories
	readonly unitOfWork: UnitOfWork
	close(): void
}

/** Opens, migrates and serves the file at `path`; throws when that fails. */
export function openSqliteData(path: string): Data {
	const connections = openSqlite(path)
	try {
		migrateSqlite(connections.writer)
	} catch (error) {
		connections.close()
		throw error
	}
	return {
		repositories: sqliteRepositories(connections.reader),
		unitOfWork: sqliteUnitOfWork(connections.writer, sqliteRepositories(connections.writer)),
		close: connections.close,
	}
}

function sqliteRepositories(db: Connection): Repositories {
	return {
		accounts: sqliteAccounts(db),
		accountLogs: sqliteAccountLogs(db),
		devices: sqliteDevices(db),
		kemKeys: sqliteKemKeys(db),
		credentials: sqliteCredentials(db),
		vaults: sqliteVaults(db),
		sessions: sqliteSessions(db),
		invites: sqliteInvites(db),
		friendships: sqliteFriendships(db),
		emails: sqliteEmails(db),
		sealedEntries: sqliteSealedEntries(db),
		conversations: sqliteConversations(db),
		epochBoxes: sqliteEpochBoxes(db),
		cutLists: sqliteCutLists(db),
		rooms: sqliteRooms(db),
		instanceFacts: sqliteInstanceFacts(db),
		reports: sqliteReports(db),
		figures: sqliteFigures(db),
		events: sqliteEvents(db),
		markers: sqliteMarkers(db),
	}
}
