/** Conversations, their logs, their member index and the boxes of their epochs in SQLite. */
import type { Conversations, CutLists, EpochBoxes } from '#server/domain/ports.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { and, asc, eq, inArray, max, ne } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { accounts, boxRequests, conversationEntries, conversations, cutLists, epochBoxes, members } from './schema.ts'
import { fromBlob, statements } from './statements.ts'

export function sqliteConversations(db: Connection): Conversations {
	return { ...rows(db), ...memberIndex(db), ...log(db) }
}

function rows(db: Connection): Pick<Conversations, 'byId' | 'insert'> {
	return {
		byId: async (conversation) =>
			db.select().from(conversations).where(eq(conversations.conversation, conversation)).get() ?? null,
		insert: async (row) => db.insert(conversations).values(row).onConflictDoNothing().run().changes === 1,
	}
}

type MemberIndex = 'members' | 'setMembers' | 'of' | 'hidden' | 'fellows' | 'areFellows'

function memberIndex(db: Connection): Pick<Conversations, MemberIndex> {
	const { get, run } = statements(db)
	const membersOf = (conversation: Parameters<Conversations['members']>[0]) =>
		db
			.select({ account: members.account, role: members.role })
			.from(members)
			.where(eq(members.conversation, conversation))
			.orderBy(asc(members.account))
			.all()
	const conversationsOf = (account: Parameters<Conversations['of']>[0]) =>
		db.select({ conversation: members.conversation }).from(members).where(eq(members.account, account))
	return {
		members: async (conversation) => membersOf(conversation),
		setMembers: async (conversation, list) => {
			const before = new Map(membersOf(conversation).map((row) => [bytesToBase64url(row.account), row]))
			for (const { account, role } of list) {
				const key = bytesToBase64url(account)
				if (before.get(key)?.role !== role)
					run('INSERT OR REPLACE INTO members (conversation, account, role) VALUES (?, ?, ?)', conversation, account, role)
				before.delete(key)
			}
			for (const { account } of before.values())
				run('DELETE FROM members WHERE conversation = ? AND account = ?', conversation, account)
		},
		of: async (account) =>
			conversationsOf(account)
				.all()
				.map((row) => row.conversation),
		hidden: async (conversation) =>
			db
				.select({ account: members.account })
				.from(members)
				.innerJoin(accounts, eq(accounts.account, members.account))
				.where(and(eq(members.conversation, conversation), eq(accounts.hidden, true)))
				.all()
				.map((row) => row.account),
		fellows: async (account) =>
			db
				.selectDistinct({ account: members.account })
				.from(members)
				.where(and(inArray(members.conversation, conversationsOf(account)), ne(members.account, account)))
				.all()
				.map((row) => row.account),
		areFellows: async (account, other) =>
			get(
				'SELECT 1 FROM members a JOIN members b ON b.conversation = a.conversation WHERE a.account = ? AND b.account = ?',
				account,
				other,
			) !== null,
	}
}

/** Read for each state that is not at hand. */
const entriesFrom = 'SELECT entry FROM conversation_entries WHERE conversation = ? AND seq >= ? ORDER BY seq'

function log(db: Connection): Pick<Conversations, 'entries' | 'headSeq' | 'append'> {
	const { all } = statements(db)
	const headSeq = (conversation: Parameters<Conversations['headSeq']>[0]): number =>
		db
			.select({ seq: max(conversationEntries.seq) })
			.from(conversationEntries)
			.where(eq(conversationEntries.conversation, conversation))
			.get()?.seq ?? -1
	return {
		entries: async (conversation, from) =>
			all<{ entry: Uint8Array }>(entriesFrom, conversation, from).map(({ entry }) => fromBlob(entry)),
		headSeq: async (conversation) => headSeq(conversation),
		append: async (conversation, seq, entry) => {
			if (headSeq(conversation) + 1 !== seq) return false
			db.insert(conversationEntries).values({ conversation, seq, entry }).run()
			return true
		},
	}
}

export function sqliteEpochBoxes(db: Connection): EpochBoxes {
	const { run } = statements(db)
	return {
		of: async (conversation, account) =>
			db
				.select({
					epoch: epochBoxes.epoch,
					account: epochBoxes.account,
					g: epochBoxes.g,
					box: epochBoxes.box,
				})
				.from(epochBoxes)
				.where(and(eq(epochBoxes.conversation, conversation), eq(epochBoxes.account, account)))
				.orderBy(asc(epochBoxes.epoch), asc(epochBoxes.g))
				.all(),
		holders: async (conversation, epoch) =>
			db
				.selectDistinct({ account: epochBoxes.account })
				.from(epochBoxes)
				.where(and(eq(epochBoxes.conversation, conversation), eq(epochBoxes.epoch, epoch)))
				.all()
				.map((row) => row.account),
		insert: async (conversation, list) => {
			const sql = 'INSERT OR REPLACE INTO epoch_boxes (conversation, account, epoch, g, box) VALUES (?, ?, ?, ?, ?)'
			for (const { account, epoch, g, box } of list) run(sql, conversation, account, epoch, g, box)
		},
		ask: async (conversation, account, epoch) => {
			db.insert(boxRequests).values({ conversation, account, epoch }).onConflictDoNothing().run()
		},
		asked: async (conversation) =>
			db
				.select({ account: boxRequests.account, epoch: boxRequests.epoch })
				.from(boxRequests)
				.where(eq(boxRequests.conversation, conversation))
				.all(),
		answered: async (conversation, account, epoch) => {
			const isThis = and(eq(boxRequests.account, account), eq(boxRequests.epoch, epoch))
			db.delete(boxRequests)
				.where(and(eq(boxRequests.conversation, conversation), isThis))
				.run()
		},
	}
}

export function sqliteCutLists(db: Connection): CutLists {
	return {
		of: async (conversation) =>
			db
				.select({ hash: cutLists.hash, list: cutLists.list })
				.from(cutLists)
				.where(eq(cutLists.conversation, conversation))
				.all(),
		insert: async (conversation, hash, list) => {
			db.insert(cutLists).values({ conversation, hash, list }).onConflictDoNothing().run()
		},
	}
}
