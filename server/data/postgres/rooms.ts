/** Links of conversations, the directory of open rooms and who knocks, in PostgreSQL. */
import type { LinkBoxRow, RoomListing, Rooms } from '#server/domain/ports.ts'
import { statements, type Queryable } from './statements.ts'

export function postgresRooms(db: Queryable): Rooms {
	return { ...links(db), ...directory(db), ...doors(db) }
}

function links(db: Queryable): Pick<Rooms, 'linkKeys' | 'insertLinkKey' | 'linkBox' | 'linkBoxes' | 'putLinkBox'> {
	const { get, all, change } = statements(db)
	return {
		linkKeys: (conversation) => all('SELECT link, key FROM link_keys WHERE conversation = $1', conversation),
		insertLinkKey: async (conversation, link, key) => {
			const sql = 'INSERT INTO link_keys (conversation, link, key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, conversation, link, key)
		},
		linkBox: (conversation, link) =>
			get<LinkBoxRow>(
				'SELECT link, epoch, box FROM link_boxes WHERE conversation = $1 AND link = $2',
				conversation,
				link,
			),
		linkBoxes: (conversation) =>
			all<LinkBoxRow>('SELECT link, epoch, box FROM link_boxes WHERE conversation = $1', conversation),
		putLinkBox: async (conversation, { link, epoch, box }) => {
			await change(
				`INSERT INTO link_boxes (conversation, link, epoch, box) VALUES ($1, $2, $3, $4)
				 ON CONFLICT (conversation, link) DO UPDATE SET epoch = excluded.epoch, box = excluded.box`,
				...[conversation, link, epoch, box],
			)
		},
	}
}

function directory(db: Queryable): Pick<Rooms, 'listings' | 'listing' | 'putListing'> {
	const { get, all, change } = statements(db)
	const columns = 'conversation, name, topic, link, secret'
	return {
		listings: () => all<RoomListing>(`SELECT ${columns} FROM room_listings ORDER BY name`),
		listing: (conversation) =>
			get<RoomListing>(`SELECT ${columns} FROM room_listings WHERE conversation = $1`, conversation),
		putListing: async ({ conversation, name, topic, link, secret }) => {
			await change(
				`INSERT INTO room_listings (${columns}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation) DO UPDATE SET
				 name = excluded.name, topic = excluded.topic, link = excluded.link, secret = excluded.secret`,
				...[conversation, name, topic, link, secret],
			)
		},
	}
}

function doors(db: Queryable): Pick<Rooms, 'knocks' | 'knock' | 'dropKnock'> {
	const { all, change } = statements(db)
	return {
		knocks: (conversation) =>
			all('SELECT account, at FROM knocks WHERE conversation = $1 ORDER BY at', conversation),
		knock: async (conversation, account, at) => {
			const sql = 'INSERT INTO knocks (conversation, account, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
			await change(sql, conversation, account, at)
		},
		dropKnock: async (conversation, account) => {
			await change('DELETE FROM knocks WHERE conversation = $1 AND account = $2', conversation, account)
		},
	}
}
