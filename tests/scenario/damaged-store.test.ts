import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { ConversationId } from '#core/api.ts'
import type { StoreName } from '#store/schema.ts'
import { alertsUntil } from '../support/alerts.ts'
import { peopled, setup, world } from '../support/story.ts'
import { must, mustAfterCut, textOf, textsUntil, until } from '../support/watching.ts'
import {
	befriend,
	friendUntil,
	onlineUntil,
	openDirect,
	post,
	writableUntil,
	type NodeDevice,
} from '../support/world.ts'

/** The store as a bad disk, or a clumsy tool, leaves it: changed behind the client's back, found at the next start. */
async function damage(device: NodeDevice, ...statements: readonly string[]): Promise<void> {
	const database = new Database(device.store)
	for (const statement of statements) expect(database.prepare(statement).run().changes, statement).toBeGreaterThan(0)
	database.close()
	await device.reopen()
}

const emptied = (store: StoreName) => `DELETE FROM "${store}"`
/** Rows that are as long as before and open no more. */
const corrupted = (store: StoreName, where = 'true') =>
	`UPDATE "${store}" SET bytes = randomblob(length(bytes)) WHERE ${where}`
const lost = (name: string) => `DELETE FROM meta WHERE key = '${name}'`

/** All of the message database that the server can give again. */
const healing = [
	'events',
	'pages',
	'conversations',
	'conversationLogs',
	'boxes',
	'accounts',
	'accountLogs',
	'markers',
	'streams',
	'friends',
	'accountEntries',
] as const satisfies readonly StoreName[]

async function talking() {
	const story = await setup('alice', 'bob')
	const { alice, bob } = story
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const texts = ['hello', 'who is there?']
	await post(alice, conversation, 'hello')
	await textsUntil(bob.api, conversation, ['hello'])
	await post(bob, conversation, 'who is there?')
	const seen = await textsUntil(alice.api, conversation, texts)
	must(await alice.api.setPrivacy({ typing: false }))
	must(await alice.api.markRead({ conversation, key: seen.at(-1)?.key ?? '' }))
	await until(alice.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 0 })
	return { ...story, conversation, texts }
}

test('[L2] whatever store is emptied or damaged, the server alone gives all of it back, and writing goes on', async () => {
	const { alice, bob, conversation, texts } = await talking()
	// What was read goes to the own devices, and is no longer told to Bob: an account entry, that may be lost too.
	must(await alice.api.setPrivacy({ receipts: false }))
	for (const store of healing) {
		for (const statement of [emptied(store), corrupted(store)]) {
			await damage(alice, statement)
			await friendUntil(alice, bob, 'accepted')
			await writableUntil(alice, conversation)
			await textsUntil(alice.api, conversation, texts)
			await until(alice.api, { view: 'privacy', of: null, is: (view) => view?.typing === false })
			const text = `after ${statement.slice(0, 6)} of ${store}`
			texts.push(text)
			await post(alice, conversation, text)
			await textsUntil(bob.api, conversation, texts)
			const all = await textsUntil(alice.api, conversation, texts)
			expect(all.map(({ mine }) => mine)).toEqual(texts.map((one) => one !== 'who is there?'))
			await until(alice.api, { view: 'chats', of: null, is: ([chat]) => chat?.unread === 0 })
		}
	}
})

test('[L2] vault, clock and counters that are lost come back without a password', async () => {
	const { alice, bob, conversation, texts } = await talking()
	for (const name of ['vault', 'hlc', 'sequence', 'instance']) {
		await damage(alice, lost(name))
		await writableUntil(alice, conversation)
		texts.push(`without ${name}`)
		await post(alice, conversation, `without ${name}`)
		await textsUntil(bob.api, conversation, texts)
	}
	await damage(alice, lost('vault'), emptied('accountLogs'))
	await textsUntil(alice.api, conversation, texts)
})

test('[L2] rows that are lost in a page of long ago come back, and every one of them', async () => {
	const opened = await world({ env: { KITH_EVENTS_PER_SECOND: '10000' } })
	const { alice, bob } = await peopled(opened, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const many = 600
	const texts = Array.from({ length: many }, (_, i) => `message ${i + 1}`)
	await post(alice, conversation, ...texts)
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
	// Complete, as the start of a day finds it.
	await alice.reopen()
	await onlineUntil(alice)
	const database = new Database(alice.store, { readonly: true })
	// Two, and the conversation as a whole; the notes have theirs beside them.
	const counted = database.prepare('SELECT count(*) AS pages FROM pages WHERE key LIKE ?')
	const complete = () => (counted.get(`${conversation}%`) as { pages: number }).pages
	await expect.poll(complete, { timeout: 30_000 }).toBe(3)
	database.close()

	const ofPage = (page: number) => `key LIKE '${conversation}/${page.toString(16).padStart(8, '0')}/%'`
	for (const statement of [
		`DELETE FROM events WHERE ${ofPage(0)}`,
		corrupted('events', ofPage(0)),
		`DELETE FROM events WHERE ${ofPage(0)} AND key LIKE '%7'`,
		corrupted('events', `key LIKE '%a'`),
	]) {
		await damage(alice, statement)
		await wholeHistory(alice, conversation, texts)
	}
})

async function wholeHistory({ api }: NodeDevice, conversation: ConversationId, texts: readonly string[]) {
	const wanted = JSON.stringify(texts)
	await until(api, {
		view: 'conversation',
		of: conversation,
		is: (view) => {
			// What comes back may lie before what is shown, also after everything was loaded.
			if (view?.more === true) void api.loadEarlier({ conversation, count: 500 })
			return JSON.stringify(view?.messages.map(textOf)) === wanted
		},
	})
}

test('[L2] what was not sent yet survives what can be lost around it, and arrives once', async () => {
	const { alice, bob, conversation, texts } = await talking()
	alice.wire.cut()
	await post(alice, conversation, 'written in a tunnel', 'and another')
	await damage(alice, emptied('events'), emptied('streams'), lost('sequence'))
	const [key] = await post(alice, conversation, 'under a new number')
	expect(key).not.toMatch(/^own-[0-9]$/)
	alice.wire.resume()
	const all = [...texts, 'written in a tunnel', 'and another', 'under a new number']
	await textsUntil(bob.api, conversation, all)
	await textsUntil(alice.api, conversation, all)
})

test('[L2] what the server got and never acked, and whose row is lost, is there once', async () => {
	const { alice, bob, conversation, texts } = await talking()
	alice.wire.hold('down')
	await post(alice, conversation, 'stored there')
	await textsUntil(bob.api, conversation, [...texts, 'stored there'])
	alice.wire.cut()
	await post(alice, conversation, 'never left')
	await damage(alice, emptied('events'))
	alice.wire.resume()
	const all = [...texts, 'stored there', 'never left']
	await textsUntil(bob.api, conversation, all)
	await textsUntil(alice.api, conversation, all)
	await until(alice.api, { view: 'connection', of: null, is: ({ waiting }) => waiting === 0 })
})

test('[L2] a store without its keys takes a new sign-in, and keeps what was not sent', async () => {
	const { alice, bob, conversation, texts } = await talking()
	alice.wire.cut()
	await post(alice, conversation, 'before the damage')
	await damage(alice, emptied('meta'))
	await until(alice.api, {
		view: 'session',
		of: null,
		is: (session) => session.type === 'signed-out' && session.why === 'store-damaged',
	})
	alice.wire.resume()
	await mustAfterCut(() => alice.api.signIn({ name: 'alice', password: alice.password }))
	await textsUntil(bob.api, conversation, [...texts, 'before the damage'])
	await textsUntil(alice.api, conversation, [...texts, 'before the damage'])
})

test('[L2] words of one account never go out under another, whatever is lost', async () => {
	const { alice, bob, conversation, texts, world: opened } = await talking()
	alice.wire.cut()
	await post(alice, conversation, 'from Alice alone')
	await damage(alice, emptied('meta'))
	alice.wire.resume()
	const bobs = bob.password
	must(await alice.api.signIn({ name: 'bob', password: bobs }))
	await textsUntil(alice.api, conversation, texts)
	expect(must(await alice.api.unsent())).toEqual({ messages: 0 })
	const phone = await opened.device('phone')
	must(await phone.api.signIn({ name: 'bob', password: bobs }))
	await textsUntil(phone.api, conversation, texts)
})

test('[L2][N1][M6] whatever store is damaged, what was seen and what is muted stays so, and every alert is there once', async () => {
	const { alice, bob } = await setup('alice', 'bob')
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	const group = must(
		await bob.api.createGroup({
			...{ kind: 'group', name: 'The group', topic: '', history: 'shared', invite: 'admins', knock: 'no' },
			members: [{ account: alice.account, role: 'member' }],
		}),
	).conversation
	await alertsUntil(alice, ['*accepted Bob', '*added The group by Bob'])
	must(await alice.api.markAlertsRead({ alerts: 'all' }))
	must(await alice.api.muteConversation({ conversation, mute: { type: 'ever' } }))
	await writableUntil(bob, group)
	await post(bob, group, 'unread')
	await post(bob, conversation, 'unheard')
	const shown = ['accepted Bob', 'added The group by Bob', '*messages 1 unread by Bob']
	const isAsBefore = async () => {
		await alertsUntil(alice, shown)
		await until(alice.api, {
			view: 'chats',
			of: null,
			is: (chats) => chats.some(({ muted, unread }) => muted?.type === 'ever' && unread === 1),
		})
		await onlineUntil(alice)
	}
	await isAsBefore()
	for (const store of [...healing, 'settings'] as const) {
		// Nothing of hers was sent or read.
		if (store === 'streams' || store === 'markers') continue
		await damage(alice, corrupted(store))
		await isAsBefore()
	}
})
