/** Conversations, their logs, their member index and the boxes of their epochs in PostgreSQL. */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import type {
	ConversationRow,
	Conversations,
	CutLists,
	EpochBoxes,
	EpochBoxRow,
	MemberRow,
} from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresConversations(db: Queryable): Conversations {
	return { ...rows(db), ...memberIndex(db), ...log(db) }
}

function rows(db: Queryable): Pick<Conversations, 'byId' | 'insert'> {
	const { get, change } = statements(db)
	return {
		byId: (conversation) =>
			get<ConversationRow>(
				'SELECT conversation, kind, created_at AS "createdAt" FROM conversations WHERE conversation = $1',
				conversation,
			),
		insert: async ({ conversation, kind, createdAt }) =>
			(await change(
				'INSERT INTO conversations (conversation, kind, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
				...[conversation, kind, createdAt],
			)) === 1,
	}
}

type MemberIndex = 'members' | 'setMembers' | 'of' | 'hidden' | 'fellows' | 'areFellows'

function memberIndex(db: Queryable): Pick<Conversations, MemberIndex> {
	const { get, all, change } = statements(db)
	const accounts = async (rows: Promise<{ readonly account: Bytes }[]>): Promise<Bytes[]> =>
		(await rows).map(({ account }) => account)
	return {
		members: (conversation) =>
			all<MemberRow>('SELECT account, role FROM members WHERE conversation = $1 ORDER BY account', conversation),
		setMembers: async (conversation, list) => {
			const last = lastOfEach(list, ({ account }) => bytesToBase64url(account))
			const ids = last.map(({ account }) => account)
			await change('DELETE FROM members WHERE conversation = $1 AND account <> ALL($2::bytea[])', conversation, ids)
			await change(
				`INSERT INTO members (conversation, account, role) SELECT $1::bytea, * FROM unnest($2::bytea[], $3::text[])
				 ON CONFLICT (conversation, account) DO UPDATE SET role = excluded.role WHERE members.role <> excluded.role`,
				...[conversation, ids, last.map(({ role }) => role)],
			)
		},
		of: async (account) => {
			const sql = 'SELECT conversation FROM members WHERE account = $1'
			return (await all<{ conversation: Bytes }>(sql, account)).map(({ conversation }) => conversation)
		},
		hidden: (conversation) =>
			accounts(
				all('SELECT account FROM members JOIN accounts USING (account) WHERE conversation = $1 AND hidden', conversation),
			),
		fellows: (account) =>
			accounts(
				all(
					`SELECT DISTINCT b.account FROM members a JOIN members b ON b.conversation = a.conversation
					 WHERE a.account = $1 AND b.account <> $1`,
					account,
				),
			),
		areFellows: async (account, other) =>
			(await get(
				`SELECT 1 FROM members a JOIN members b ON b.conversation = a.conversation
				 WHERE a.account = $1 AND b.account = $2 LIMIT 1`,
				account,
				other,
			)) !== null,
	}
}

/** One statement changes a row once. */
function lastOfEach<T>(list: readonly T[], keyOf: (row: T) => string): T[] {
	return [...new Map(list.map((row) => [keyOf(row), row])).values()]
}

function log(db: Queryable): Pick<Conversations, 'entries' | 'headSeq' | 'append'> {
	const { get, all, change } = statements(db)
	const head = 'SELECT coalesce(max(seq), -1) AS seq FROM conversation_entries WHERE conversation = $1'
	return {
		entries: async (conversation, from) => {
			const sql = 'SELECT entry FROM conversation_entries WHERE conversation = $1 AND seq >= $2 ORDER BY seq'
			return (await all<{ entry: Bytes }>(sql, conversation, from)).map(({ entry }) => entry)
		},
		headSeq: async (conversation) => (await get<{ seq: number }>(head, conversation))?.seq ?? -1,
		append: async (conversation, seq, entry) =>
			(await change(
				`INSERT INTO conversation_entries (conversation, seq, entry) SELECT $1::bytea, $2::bigint, $3::bytea
				 WHERE $2 = (${head}) + 1 ON CONFLICT DO NOTHING`,
				...[conversation, seq, entry],
			)) === 1,
	}
}

export function postgresEpochBoxes(db: Queryable): EpochBoxes {
	const { all, change } = statements(db)
	return {
		of: (conversation, account) =>
			all<EpochBoxRow>(
				'SELECT epoch, account, g, box FROM epoch_boxes WHERE conversation = $1 AND account = $2 ORDER BY epoch, g',
				...[conversation, account],
			),
		holders: async (conversation, epoch) => {
			const sql = 'SELECT DISTINCT account FROM epoch_boxes WHERE conversation = $1 AND epoch = $2'
			return (await all<{ account: Bytes }>(sql, conversation, epoch)).map(({ account }) => account)
		},
		insert: async (conversation, list) => {
			const last = lastOfEach(list, ({ account, epoch, g }) => `${bytesToBase64url(account)} ${epoch} ${g}`)
			await change(
				`INSERT INTO epoch_boxes (conversation, account, epoch, g, box)
				 SELECT $1::bytea, * FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[])
				 ON CONFLICT (conversation, account, epoch, g) DO UPDATE SET box = excluded.box`,
				...[conversation, last.map(({ account }) => account), last.map(({ epoch }) => epoch)],
				...[last.map(({ g }) => g), last.map(({ box }) => box)],
			)
		},
		ask: async (conversation, account, epoch) => {
			const sql =
				'INSERT INTO box_requests (conversation, account, epoch) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, conversation, account, epoch)
		},
		asked: (conversation) => all('SELECT account, epoch FROM box_requests WHERE conversation = $1', conversation),
		answered: async (conversation, account, epoch) => {
			const sql = 'DELETE FROM box_requests WHERE conversation = $1 AND account = $2 AND epoch = $3'
			await change(sql, conversation, account, epoch)
		},
	}
}

export function postgresCutLists(db: Queryable): CutLists {
	const { all, change } = statements(db)
	return {
		of: (conversation) => all('SELECT hash, list FROM cut_lists WHERE conversation = $1', conversation),
		insert: async (conversation, hash, list) => {
			const sql = 'INSERT INTO cut_lists (conversation, hash, list) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, conversation, hash, list)
		},
	}
}
