/** Links of conversations, the directory of open rooms and who knocks, in SQLite. */
import type { Rooms } from '#server/domain/ports.ts'
import { and, asc, eq } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { knocks, linkBoxes, linkKeys, roomListings } from './schema.ts'

export function sqliteRooms(db: Connection): Rooms {
	return { ...links(db), ...directory(db), ...doors(db) }
}

function links(db: Connection): Pick<Rooms, 'linkKeys' | 'insertLinkKey' | 'linkBox' | 'linkBoxes' | 'putLinkBox'> {
	const columns = { link: linkBoxes.link, epoch: linkBoxes.epoch, box: linkBoxes.box }
	return {
		linkKeys: async (conversation) =>
			db
				.select({ link: linkKeys.link, key: linkKeys.key })
				.from(linkKeys)
				.where(eq(linkKeys.conversation, conversation))
				.all(),
		insertLinkKey: async (conversation, link, key) => {
			db.insert(linkKeys).values({ conversation, link, key }).onConflictDoNothing().run()
		},
		linkBox: async (conversation, link) =>
			db
				.select(columns)
				.from(linkBoxes)
				.where(and(eq(linkBoxes.conversation, conversation), eq(linkBoxes.link, link)))
				.get() ?? null,
		linkBoxes: async (conversation) =>
			db.select(columns).from(linkBoxes).where(eq(linkBoxes.conversation, conversation)).all(),
		putLinkBox: async (conversation, row) => {
			const { epoch, box } = row
			const target = [linkBoxes.conversation, linkBoxes.link]
			db.insert(linkBoxes)
				.values({ conversation, ...row })
				.onConflictDoUpdate({ target, set: { epoch, box } })
				.run()
		},
	}
}

function directory(db: Connection): Pick<Rooms, 'listings' | 'listing' | 'putListing'> {
	return {
		listings: async () => db.select().from(roomListings).orderBy(asc(roomListings.name)).all(),
		listing: async (conversation) =>
			db.select().from(roomListings).where(eq(roomListings.conversation, conversation)).get() ?? null,
		putListing: async (listing) => {
			const { name, topic, link, secret } = listing
			const set = { name, topic, link, secret }
			db.insert(roomListings).values(listing).onConflictDoUpdate({ target: roomListings.conversation, set }).run()
		},
	}
}

function doors(db: Connection): Pick<Rooms, 'knocks' | 'knock' | 'dropKnock'> {
	return {
		knocks: async (conversation) =>
			db
				.select({ account: knocks.account, at: knocks.at })
				.from(knocks)
				.where(eq(knocks.conversation, conversation))
				.orderBy(asc(knocks.at))
				.all(),
		knock: async (conversation, account, at) => {
			db.insert(knocks).values({ conversation, account, at }).onConflictDoNothing().run()
		},
		dropKnock: async (conversation, account) => {
			db.delete(knocks)
				.where(and(eq(knocks.conversation, conversation), eq(knocks.account, account)))
				.run()
		},
	}
}
