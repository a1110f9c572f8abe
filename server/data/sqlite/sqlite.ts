/** The SQLite adapter of the domain's ports: the production default, one file. */
import type { Repositories } from '#server/domain/ports.ts'
import type { Data } from '../data.ts'
import { sqliteAccountLogs, sqliteAccounts, sqliteCredentials, sqliteDevices, sqliteKemKeys } from './accounts.ts'
import { sqliteBots } from './bots.ts'
import { openSqlite, type Connection } from './connection.ts'
import { sqliteAdminActs } from './admin-acts.ts'
import { sqliteBlobs } from './blobs.ts'
import { sqliteConversations, sqliteCutLists, sqliteEpochBoxes } from './conversations.ts'
import { sqliteEmails } from './emails.ts'
import { EventIndexes } from './event-indexes.ts'
import { sqliteEvents } from './events.ts'
import { sqliteFigures } from './figures.ts'
import { sqliteFriendships } from './friendships.ts'
import { sqliteInstanceFacts } from './instance-facts.ts'
import { sqliteInvites } from './invites.ts'
import { sqliteKeptAnswers } from './kept-answers.ts'
import { sqliteMarkers } from './markers.ts'
import { migrateSqlite } from './migrate.ts'
import { sqlitePictures } from './pictures.ts'
import { sqlitePushSubscriptions } from './push-subscriptions.ts'
import { sqliteReports } from './reports.ts'
import { sqliteRooms } from './rooms.ts'
import { sqliteSealedEntries } from './sealed-entries.ts'
import { sqliteSessions } from './sessions.ts'
import { statements } from './statements.ts'
import { sqliteUnitOfWork } from './unit-of-work.ts'
import { sqliteVaults } from './vaults.ts'

export interface SqliteData extends Omit<Data, 'close'> {
	close(): void
}

/** Opens, migrates and serves the file at `path`; throws when that fails. */
export function openSqliteData(path: string): SqliteData {
	const connections = openSqlite(path)
	try {
		migrateSqlite(connections.writer)
	} catch (error) {
		connections.close()
		throw error
	}
	const { writer, reader } = connections
	const indexes = new EventIndexes(statements(writer))
	return {
		repositories: sqliteRepositories(reader, null),
		unitOfWork: sqliteUnitOfWork(writer, sqliteRepositories(writer, indexes), () => indexes.forget()),
		close: connections.close,
	}
}

/** `indexes`: of the connection that writes. */
function sqliteRepositories(db: Connection, indexes: EventIndexes | null): Repositories {
	return {
		accounts: sqliteAccounts(db),
		accountLogs: sqliteAccountLogs(db),
		devices: sqliteDevices(db),
		kemKeys: sqliteKemKeys(db),
		credentials: sqliteCredentials(db),
		vaults: sqliteVaults(db),
		sessions: sqliteSessions(db),
		invites: sqliteInvites(db),
		bots: sqliteBots(db),
		friendships: sqliteFriendships(db),
		emails: sqliteEmails(db),
		sealedEntries: sqliteSealedEntries(db),
		conversations: sqliteConversations(db),
		epochBoxes: sqliteEpochBoxes(db),
		cutLists: sqliteCutLists(db),
		rooms: sqliteRooms(db),
		pictures: sqlitePictures(db),
		instanceFacts: sqliteInstanceFacts(db),
		reports: sqliteReports(db),
		figures: sqliteFigures(db),
		adminActs: sqliteAdminActs(db),
		keptAnswers: sqliteKeptAnswers(db),
		pushSubscriptions: sqlitePushSubscriptions(db),
		blobs: sqliteBlobs(db),
		events: sqliteEvents(db, indexes),
		markers: sqliteMarkers(db),
	}
}
