/** The PostgreSQL adapter of the domain's ports: one database, for one node or several. */
import type { PoolClient } from 'pg'
import type { PostgresServer } from '#server/config-addresses.ts'
import type { Repositories } from '#server/domain/ports.ts'
import type { Stale } from '#server/domain/signals.ts'
import type { Data } from '../data.ts'
import {
	postgresAccountLogs,
	postgresAccounts,
	postgresCredentials,
	postgresDevices,
	postgresKemKeys,
} from './accounts.ts'
import { postgresAdminActs } from './admin-acts.ts'
import { postgresBlobs } from './blobs.ts'
import { openPostgres } from './connection.ts'
import { postgresConversations, postgresCutLists, postgresEpochBoxes } from './conversations.ts'
import { postgresEmails } from './emails.ts'
import { postgresEvents } from './events.ts'
import { postgresFigures } from './figures.ts'
import { postgresFriendships } from './friendships.ts'
import { postgresInstanceFacts } from './instance-facts.ts'
import { postgresBots } from './bots.ts'
import { postgresInvites } from './invites.ts'
import { postgresKeptAnswers } from './kept-answers.ts'
import { postgresMarkers } from './markers.ts'
import { migratePostgres } from './migrate.ts'
import { postgresPictures } from './pictures.ts'
import { postgresPushSubscriptions } from './push-subscriptions.ts'
import { postgresReports } from './reports.ts'
import { postgresRooms } from './rooms.ts'
import { postgresSealedEntries } from './sealed-entries.ts'
import { postgresSessions } from './sessions.ts'
import type { Queryable } from './statements.ts'
import { postgresUnitOfWork } from './unit-of-work.ts'
import { postgresVaults } from './vaults.ts'

/** `stale`: told what another node has changed. Connects, migrates and serves; rejects with one sentence where the database cannot be had. */
export async function openPostgresData(
	server: PostgresServer,
	stale: (stale: Stale) => void = () => undefined,
): Promise<Data> {
	await migratePostgres(server)
	const connections = openPostgres(server)
	const ofClient = new WeakMap<PoolClient, Repositories>()
	const repositoriesOver = (client: PoolClient): Repositories => {
		const known = ofClient.get(client) ?? postgresRepositories(client)
		ofClient.set(client, known)
		return known
	}
	const { rows } = await connections.reader.query<{ seq: number }>('SELECT coalesce(max(seq), 0)::float8 AS seq FROM changes')
	const changesRead = rows[0]?.seq ?? 0
	const { drained, ...unitOfWork } = postgresUnitOfWork(connections, { repositoriesOver, changesRead, stale })
	return {
		repositories: postgresRepositories(connections.reader),
		unitOfWork,
		close: async () => {
			await drained()
			await connections.close()
		},
	}
}

function postgresRepositories(db: Queryable): Repositories {
	return {
		accounts: postgresAccounts(db),
		accountLogs: postgresAccountLogs(db),
		devices: postgresDevices(db),
		kemKeys: postgresKemKeys(db),
		credentials: postgresCredentials(db),
		vaults: postgresVaults(db),
		sessions: postgresSessions(db),
		invites: postgresInvites(db),
		bots: postgresBots(db),
		friendships: postgresFriendships(db),
		emails: postgresEmails(db),
		sealedEntries: postgresSealedEntries(db),
		conversations: postgresConversations(db),
		epochBoxes: postgresEpochBoxes(db),
		cutLists: postgresCutLists(db),
		rooms: postgresRooms(db),
		pictures: postgresPictures(db),
		instanceFacts: postgresInstanceFacts(db),
		reports: postgresReports(db),
		figures: postgresFigures(db),
		adminActs: postgresAdminActs(db),
		keptAnswers: postgresKeptAnswers(db),
		pushSubscriptions: postgresPushSubscriptions(db),
		blobs: postgresBlobs(db),
		events: postgresEvents(db),
		markers: postgresMarkers(db),
	}
}
