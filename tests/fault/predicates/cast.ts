/**
 * Groups and rooms in which every predicate of a conversation log can be broken: Olga owns them, Adam is admin, Mike member,
 * Rita reader; Zoe was removed, Joe came by a link, Otto never was in. All of them say what they like. Bob is honest, a member
 * of each, and hears the server through a line that lies.
 */
import { createConversation, type BoxTarget } from '#crypto/conversation-builder.ts'
import type { EpochKey } from '#crypto/epoch.ts'
import { deriveLinkKeys, linkSecretLength, type LinkKeys } from '#crypto/link-keys.ts'
import {
	basedEntry,
	joinEntry,
	linkEntry,
	plainEntry,
	removeEntry,
	type BuiltEntry,
} from '#crypto/membership-builder.ts'
import type { AccountState } from '#protocol/account-state.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { boxCodec } from '#protocol/box.ts'
import { encode } from '#protocol/codec.ts'
import type { ConversationKind, Policy, Role } from '#protocol/conversation-log.ts'
import { directPolicy } from '#protocol/conversation-rules.ts'
import { appendConversationEntry, verifyConversationLog, type ConversationState } from '#protocol/conversation-state.ts'
import { cutHash, cutList } from '#protocol/cut.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { takeForFriend } from '#tests/support/fault/hostile-world.ts'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'
import { boxForms, Mallory } from '#tests/support/fault/mallory.ts'
import { befriend, must as mustCall, toBytes, toText } from '#tests/support/http-person.ts'
import { must, until } from '#tests/support/watching.ts'
import { inviteFrom } from '#tests/support/world.ts'

export type Liar = 'olga' | 'adam' | 'mike' | 'rita' | 'zoe' | 'joe' | 'otto'
/** `direct`: of Olga and Mike; Bob is in all others. */
export type Room = 'shared' | 'from-join' | 'open' | 'archived' | 'direct'

type Roles = Readonly<Partial<Record<Liar, Role>>>

const policy: Policy = { history: 'shared', invite: 'admins', knock: 'no', expiry: null }
export const nothingCut = (cast: Cast): Bytes => cutHash(cast.olga.crypto.hash, [])

/** A conversation that grows by true entries alone. */
export interface TrueLog {
	readonly id: string
	readonly state: ConversationState
	readonly entries: readonly SignedEntry[]
	/** Of the newest epoch. */
	readonly key: EpochKey
}

export interface Cast extends LiedTo, Readonly<Record<Liar, Mallory>> {
	readonly accounts: ReadonlyMap<string, AccountState>
	readonly logs: Readonly<Record<Room, TrueLog>>
	/** Of the shared room: one that lives, one that was ended, one that is used up, one that has expired. */
	readonly links: Readonly<Record<'live' | 'ended' | 'used' | 'expired', LinkKeys>>
	/** A device of Bob's that he has signed out. */
	readonly retired: Bytes
	readonly bobId: Bytes
}

export async function openCast(): Promise<Cast> {
	const told = await liedTo()
	const { alice, bob, world } = told
	const names = ['olga', 'adam', 'mike', 'rita', 'zoe', 'joe', 'otto'] as const
	const people = {} as Record<Liar, Mallory>
	for (const name of names) people[name] = await Mallory.signUp(world.server, name, await inviteFrom(alice))
	for (const name of names.slice(1)) await befriend(people.olga.person, people[name].person)
	await takeForFriend(bob, people.olga)
	const retired = await retiredDevice(told)
	const accounts = await accountsOf(told, people)
	const story = new Telling(people, bob.account, accounts)
	const rooms = await story.rooms()
	return { ...told, ...people, ...rooms, accounts, retired, bobId: toBytes(bob.account) }
}

/** Bob signs in on another device, and out again. */
async function retiredDevice({ bob, newDevice }: LiedTo): Promise<Bytes> {
	const { api } = await newDevice({})
	must(await api.signIn({ name: 'bob', password: bob.password }))
	const session = await until(api, { view: 'session', of: null, is: ({ type }) => type === 'signed-in' })
	must(await api.signOut())
	const device = session.type === 'signed-in' ? session.device : ''
	const isEnded = (all: readonly { device: string; ended: boolean }[]) =>
		all.some((one) => one.device === device && one.ended)
	await until(bob.api, { view: 'devices', of: null, is: isEnded })
	return toBytes(device)
}

async function accountsOf({ bob }: LiedTo, people: Readonly<Record<Liar, Mallory>>) {
	const own = await Promise.all(Object.values(people).map((one) => one.accountOf(one.person.id)))
	const states = [...own, await people.olga.accountOf(bob.account)]
	return new Map(states.map((state) => [bytesToBase64url(state.idHash), state]))
}

/** Writes the true logs, by Olga and Adam. */
class Telling {
	readonly #people: Readonly<Record<Liar, Mallory>>
	readonly #bob: string
	readonly #accounts: ReadonlyMap<string, AccountState>

	constructor(people: Readonly<Record<Liar, Mallory>>, bob: string, accounts: ReadonlyMap<string, AccountState>) {
		this.#people = people
		this.#bob = bob
		this.#accounts = accounts
	}

	get #crypto() {
		return this.#people.olga.crypto
	}

	#target(name: Liar): Promise<BoxTarget> {
		return this.#people[name].target(this.#people[name].person.id)
	}

	#context() {
		const accounts = (idHash: Bytes) => this.#accounts.get(bytesToBase64url(idHash)) ?? null
		return { accounts, hash: this.#crypto.hash, verify: this.#crypto.verify }
	}

	#create(kind: ConversationKind, change: Partial<Policy>): Promise<TrueLog> {
		const roles: Roles = { olga: 'owner', adam: 'admin', mike: 'member', rita: 'reader', zoe: 'member' }
		return this.#begin({ kind, policy: { ...policy, ...change }, roles, bob: [this.#bob] })
	}

	/** `bob`: where he is in it. */
	async #begin(what: {
		kind: ConversationKind
		policy: Policy
		roles: Roles
		bob: readonly string[]
	}): Promise<TrueLog> {
		const { olga } = this.#people
		const { kind, roles, bob } = what
		const named = Object.entries(roles) as [Liar, Role][]
		const members = named.map(([name, role]) => ({ idHash: this.#people[name].person.account.idHash, role }))
		const targets = await Promise.all([
			...named.map(([name]) => this.#target(name)),
			...bob.map((id) => olga.target(id)),
		])
		const made = await createConversation(this.#crypto, authorOf(olga), {
			...{ kind, policy: what.policy, targets },
			members: [...members, ...bob.map((id) => ({ idHash: toBytes(id), role: 'member' as const }))],
		})
		const form = { create: entryText(made.create), rotate: entryText(made.rotate), boxes: boxForms(made.boxes) }
		await mustCall(olga.person.http.call((api) => api.conversations.create(form)))
		const entries = [made.create, made.rotate]
		const verified = await verifyConversationLog({ entries, ...this.#context() })
		if (!verified.ok) throw new Error(JSON.stringify(verified.error))
		return { id: toText(made.conversation), state: verified.value, entries, key: made.key }
	}

	async #grow(
		log: TrueLog,
		by: Liar,
		built: BuiltEntry,
		beside: { linkKey?: Bytes; cutList?: Bytes } = {},
	): Promise<TrueLog> {
		const { entry, boxes, linkBoxes } = built
		const form = {
			...{ conversation: log.id, entry: entryText(entry), boxes: boxForms(boxes) },
			linkBoxes: linkBoxes.map(({ link, box }) => ({ link: toText(link), box: toText(encode(boxCodec, box)) })),
			...(beside.linkKey === undefined ? {} : { linkKey: toText(beside.linkKey) }),
			...(beside.cutList === undefined ? {} : { cutList: toText(beside.cutList) }),
		}
		await mustCall(this.#people[by].person.http.call((api) => api.conversations.append(form)))
		const next = await appendConversationEntry(log.state, entry, this.#context())
		if (!next.ok) throw new Error(JSON.stringify(next.error))
		return { ...log, state: next.value, entries: [...log.entries, entry] }
	}

	#at(log: TrueLog, by: Liar) {
		return { author: authorOf(this.#people[by]), head: log.state.head }
	}

	async #link(log: TrueLog, terms: { expires?: number; uses?: number }): Promise<{ log: TrueLog; keys: LinkKeys }> {
		const keys = await deriveLinkKeys(this.#crypto, this.#crypto.random(linkSecretLength))
		const full = { role: 'member', expires: null, uses: null, ...terms } as const
		const built = await linkEntry(this.#crypto, this.#at(log, 'adam'), { keys, key: log.key, terms: full })
		return { keys, log: await this.#grow(log, 'adam', built, { linkKey: keys.kem.publicKey }) }
	}

	/** Zoe goes, and with her every link. */
	async #removeZoe(log: TrueLog): Promise<TrueLog> {
		const { olga, zoe } = this.#people
		const staying = await Promise.all([
			...(['olga', 'adam', 'mike', 'rita'] as const).map((name) => this.#target(name)),
			olga.target(this.#bob),
		])
		const wish = { conversation: log.state.id, n: 2, members: staying, previous: log.key }
		const accounts = [zoe.person.account.idHash]
		const cut = cutHash(this.#crypto.hash, [])
		const built = await removeEntry(this.#crypto, this.#at(log, 'olga'), { wish, moved: [], accounts, cut })
		const grown = await this.#grow(log, 'olga', built, { cutList: encode(cutList, []) })
		return { ...grown, key: await this.#people.olga.keyOf(grown.state) }
	}

	async #sharedRoom() {
		let log = await this.#removeZoe(await this.#create('room-private', {}))
		const links = {} as Record<keyof Cast['links'], LinkKeys>
		for (const [name, terms] of Object.entries({
			live: {},
			ended: {},
			used: { uses: 1 },
			expired: { expires: Date.now() - 1 },
		})) {
			const made = await this.#link(log, terms)
			log = made.log
			links[name as keyof Cast['links']] = made.keys
		}
		log = await this.#grow(
			log,
			'adam',
			await basedEntry(this.#crypto, this.#at(log, 'adam'), { type: 'linkEnd', links: [links.ended.id] }),
		)
		const joining = { keys: links.used, key: log.key, self: await this.#target('joe') }
		log = await this.#grow(log, 'joe', await joinEntry(this.#crypto, this.#at(log, 'joe'), joining))
		return { log, links }
	}

	async rooms(): Promise<Pick<Cast, 'logs' | 'links'>> {
		const { log: shared, links } = await this.#sharedRoom()
		const archived = await this.#create('room-private', {})
		const archive = await plainEntry(this.#crypto, this.#at(archived, 'olga'), { type: 'archive' })
		const logs = {
			...{ shared, open: await this.#create('room-open', {}) },
			direct: await this.#begin({
				...{ kind: 'dm', policy: directPolicy, bob: [] },
				roles: { olga: 'member', mike: 'member' },
			}),
			'from-join': await this.#create('group', { history: 'from-join' }),
			archived: await this.#grow(archived, 'olga', archive),
		}
		return { logs, links }
	}
}

export function authorOf({ person }: Mallory) {
	return { idHash: person.account.idHash, device: person.device, now: Date.now() }
}

export const entryText = (entry: SignedEntry) => toText(encode(signedEntry, entry))
