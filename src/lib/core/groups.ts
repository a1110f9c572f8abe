/**
 * What people do with a group or room: make one, bring people in, let them go, give roles, name it, archive it. Each is an intent
 * that is built on the newest log until it stands there (entry-writer.ts).
 */
import { createConversation, rotateEntry } from '#crypto/conversation-builder.ts'
import {
	addByEpochEntry,
	addEntry,
	basedEntry,
	plainEntry,
	removeEntry,
	type BuiltEntry,
} from '#crypto/membership-builder.ts'
import { sealTitle } from '#crypto/title-seal.ts'
import { bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { canAdminister, roleOf } from '#protocol/conversation-case.ts'
import type { MemberRef, Policy, Role } from '#protocol/conversation-log.ts'
import { isArchivedAt } from '#protocol/conversation-lookups.ts'
import { losesWriting } from '#protocol/conversation-member-rules.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { cutHash } from '#protocol/cut.ts'
import { idToText, textToId } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { TitlePlaintext } from '#protocol/title.ts'
import type { AccountId, ConversationId, KithError, NewGroup } from './api.ts'
import { targetsOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { cutOf } from './cuts.ts'
import { createEntryWriter, offerNew, type Attempt, type Intent, type Offer } from './entry-writer.ts'
import { wishEpoch } from './epoch-wishes.ts'
import { titleOf } from './titles.ts'
import { toKithError } from './http-errors.ts'
import { createNameIntents } from './name-intents.ts'
import { createPictures, type Pictures } from './pictures.ts'

type Done = Promise<Result<null, KithError>>
type Member = { readonly account: AccountId; readonly role: Role }

export interface Groups {
	readonly create: (group: NewGroup) => Promise<Result<ConversationId, KithError>>
	/** Names what was made before a crash. */
	readonly finishName: (state: ConversationState) => Promise<void>
	/** Forgets the names of what was never made; `listed`: what the server has. */
	readonly sweepNames: (listed: ReadonlySet<ConversationId>) => Promise<void>
	readonly add: (conversation: ConversationId, members: readonly Member[]) => Done
	readonly leave: (conversation: ConversationId) => Done
	readonly remove: (conversation: ConversationId, accounts: readonly AccountId[]) => Done
	readonly setRoles: (conversation: ConversationId, members: readonly Member[]) => Done
	readonly rename: (conversation: ConversationId, title: { name: string; topic: string }) => Done
	/** Null: none, and the face that its id gives it. */
	readonly setPicture: (conversation: ConversationId, image: Uint8Array | null) => Done
	readonly image: Pictures['image']
	readonly giveBackPictures: Pictures['giveBack']
	readonly setPolicy: (conversation: ConversationId, change: Partial<Policy>) => Done
	readonly archive: (conversation: ConversationId, archived: boolean) => Done
	/** A new epoch; `isDue` is asked of the newest log. */
	readonly rotate: (conversation: ConversationId, isDue: (state: ConversationState) => boolean) => Done
	/** Ends the right to write of devices of ours that were revoked. */
	readonly cutDevices: (conversation: ConversationId, devices: readonly Bytes[]) => Done
}

const notHere = fail<KithError>({ type: 'not-here' })
const untitled: TitlePlaintext = { name: '', topic: '', picture: null }
const nameIn = ({ name, topic }: { name: string; topic: string }) => ({ name, topic })

export function createGroups(context: ConversationContext): Groups {
	const { crypto, self, logs, keyring, accounts, time, sealing } = context
	const writer = createEntryWriter(context)
	const intents = createNameIntents(context.records)
	const pictures = createPictures(context)

	async function done(conversation: ConversationId, intent: Intent): Done {
		const written = await writer.write(conversation, intent)
		return written.ok ? ok(null) : written
	}

	function refsOf(members: readonly Member[]): readonly MemberRef[] | null {
		const refs = members.map(({ account, role }) => ({ idHash: textToId('account', account), role }))
		return refs.every((ref): ref is MemberRef => ref.idHash !== null) ? refs : null
	}

	async function create(group: NewGroup): Promise<Result<ConversationId, KithError>> {
		const members: Member[] = [{ account: self.account, role: 'owner' }, ...group.members]
		const refs = refsOf(members)
		if (refs === null) return notHere
		const ids = members.map(({ account }) => account)
		const step = sealing.begin(ids.length)
		const targets = await targetsOf(context, ids, true, step.found)
		if (!targets.ok) {
			step.end()
			return targets
		}
		const policy = { history: group.history, invite: group.invite, knock: group.knock, expiry: null }
		const author = { idHash: self.idHash, device: self.keys, now: time.now() }
		const what = { kind: group.kind, policy, members: refs, targets: targets.value, progress: step.sealed }
		const made = await createConversation(crypto, author, what)
		const conversation = idToText(made.conversation)
		await intents.keep(conversation, group)
		const answer = await offerNew(context, made)
		if (!answer.ok) {
			await intents.done(conversation)
			return fail(toKithError(answer.error))
		}
		const synced = await logs.sync(conversation)
		if (!synced.ok) return synced
		const named = await retitle(conversation, nameIn(group))
		if (named.ok) await intents.done(conversation)
		return named.ok ? ok(conversation) : named
	}

	/** What was made and not named, because we died in between. */
	async function finishName(state: ConversationState): Promise<void> {
		const conversation = idToText(state.id)
		const wanted = await intents.of(conversation)
		if (wanted === null) return
		const isNamed = state.title !== null || !canAdminister(roleOf(state, self.idHash))
		if (isNamed || (await retitle(conversation, nameIn(wanted))).ok) await intents.done(conversation)
	}

	async function offerAdd(attempt: Attempt, refs: readonly MemberRef[]): Promise<Result<Offer | null, KithError>> {
		const { state, at, again } = attempt
		const roles = refs.filter(({ idHash }) => roleOf(state, idHash) === null)
		if (roles.length === 0) return ok(null)
		const newcomers = roles.map(({ idHash }) => idToText(idHash))
		if (state.policy.history === 'shared') {
			const key = await keyring.secret(idToText(state.id), state.epochs.length)
			if (key === null) return notHere
			const step = sealing.begin(newcomers.length)
			const targets = await targetsOf(context, newcomers, true, step.found)
			const added = targets.ok ? ok(await addEntry(crypto, at, { key, targets: targets.value, roles })) : targets
			step.end()
			return added
		}
		const accountsAfter = [...state.members.keys(), ...newcomers]
		const wished = await wishEpoch(context, state, { accounts: accountsAfter, links: true, again })
		if (!wished.ok) return wished
		// Who comes is named in acc even where the log knows his head from before (SPEC CNV24).
		const { wish, moved } = wished.value
		const known = new Set(moved.map(({ idHash }) => idToText(idHash)))
		const isNamed = (account: AccountId) => newcomers.includes(account) || known.has(account)
		const named = wish.members.filter(({ idHash }) => isNamed(idToText(idHash)))
		return ok(await addByEpochEntry(crypto, at, { wish, moved: named, roles }))
	}

	async function withCut(
		conversation: ConversationId,
		ended: readonly AccountId[],
		build: (cut: Bytes) => Promise<BuiltEntry>,
	): Promise<Result<Offer, KithError>> {
		const cut = await cutOf(context, conversation, { accounts: ended })
		if (!cut.ok) return cut
		return ok({ ...(await build(cutHash(crypto.hash, cut.value))), cut: cut.value })
	}

	async function offerRemove(attempt: Attempt, wanted: readonly AccountId[]): Promise<Result<Offer | null, KithError>> {
		const { state, at, again } = attempt
		const gone = wanted.filter((account) => state.members.has(account))
		if (gone.length === 0) return ok(null)
		const staying = [...state.members.keys()].filter((account) => !gone.includes(account))
		const wished = await wishEpoch(context, state, { accounts: staying, links: false, again })
		if (!wished.ok) return wished
		const ids = gone.map((account) => textToId('account', account) as Bytes)
		return withCut(idToText(state.id), gone, (cut) => removeEntry(crypto, at, { ...wished.value, accounts: ids, cut }))
	}

	async function offerRoles(
		{ state, at }: Attempt,
		refs: readonly MemberRef[],
	): Promise<Result<Offer | null, KithError>> {
		const changed = refs.filter(({ idHash, role }) => roleOf(state, idHash) !== role)
		if (changed.length === 0) return ok(null)
		const members = changed.toSorted((a, b) => compareBytes(a.idHash, b.idHash))
		const losing = losesWriting(state, { members }).map(idToText)
		if (losing.length === 0) return ok(await plainEntry(crypto, at, { type: 'role', members, cut: null }))
		return withCut(idToText(state.id), losing, (cut) => plainEntry(crypto, at, { type: 'role', members, cut }))
	}

	/** What is not to change stays as the newest title has it. */
	async function retitle(conversation: ConversationId, change: Partial<TitlePlaintext>): Done {
		return done(conversation, async ({ state, at }) => {
			const n = state.epochs.length
			const epoch = await keyring.keys(conversation, n)
			if (epoch === null) return notHere
			const before = await titleOf(context, state)
			// Under a key that is not ours: nobody is renamed by not knowing the name.
			if (before === null && state.title !== null && change.name === undefined) return notHere
			const title = { ...(before ?? untitled), ...change }
			const sealed = await sealTitle(crypto, epoch, { author: self.idHash, title })
			return ok(await basedEntry(crypto, at, { type: 'title', n, ...sealed }))
		})
	}

	async function setPicture(conversation: ConversationId, image: Uint8Array | null): Done {
		const brought = image === null ? ok(null) : await pictures.bring(conversation, image)
		return brought.ok ? retitle(conversation, { picture: brought.value }) : brought
	}

	async function offerRotate({ state, at, again }: Attempt): Promise<Result<Offer, KithError>> {
		const wished = await wishEpoch(context, state, { accounts: [...state.members.keys()], links: true, again })
		if (!wished.ok) return wished
		const { wish, moved } = wished.value
		const { rotate, boxes, linkBoxes } = await rotateEntry(crypto, at.author, { ...wish, moved, base: at.head })
		return ok({ entry: rotate, boxes, linkBoxes })
	}

	return {
		create,
		finishName,
		sweepNames: intents.sweep,
		rename: (conversation, title) => retitle(conversation, nameIn(title)),
		setPicture,
		image: pictures.image,
		giveBackPictures: pictures.giveBack,
		add: async (conversation, members) => {
			const refs = refsOf(members)
			return refs === null ? notHere : done(conversation, (attempt) => offerAdd(attempt, refs))
		},
		leave: (conversation) =>
			done(conversation, async ({ state, at }) =>
				roleOf(state, self.idHash) === null
					? ok(null)
					: withCut(conversation, [self.account], (cut) => basedEntry(crypto, at, { type: 'leave', cut })),
			),
		remove: (conversation, gone) => done(conversation, (attempt) => offerRemove(attempt, gone)),
		setRoles: async (conversation, members) => {
			const refs = refsOf(members)
			return refs === null ? notHere : done(conversation, (attempt) => offerRoles(attempt, refs))
		},
		setPolicy: (conversation, change) =>
			done(conversation, async ({ state, at }) => {
				const policy = { ...state.policy, ...change }
				const isSame = (Object.keys(policy) as (keyof Policy)[]).every((key) => policy[key] === state.policy[key])
				return ok(isSame ? null : await plainEntry(crypto, at, { type: 'policy', policy }))
			}),
		archive: (conversation, archived) =>
			done(conversation, async ({ state, at }) => {
				if (isArchivedAt(state, state.head.seq) === archived) return ok(null)
				return ok(await plainEntry(crypto, at, { type: archived ? 'archive' : 'restore' }))
			}),
		rotate: (conversation, isDue) =>
			done(conversation, async (attempt) => (isDue(attempt.state) ? offerRotate(attempt) : ok(null))),
		cutDevices: (conversation, devices) =>
			done(conversation, async ({ state, at }) => {
				const isCut = (device: Bytes) => state.cuts.some((cut) => cut.devices?.some((one) => equalBytes(one, device)))
				const due = devices.filter((device) => isCut(device) !== true).toSorted(compareBytes)
				const own = accounts.known(self.account)
				if (due.length === 0 || own === null) return ok(null)
				const named = new Set(due.map(bytesToBase64url))
				const list = await cutOf(context, conversation, { accounts: [self.account], devices: named })
				if (!list.ok) return list
				const { head, ak, idHash } = own
				const acc = [{ idHash, seq: head.seq, hash16: head.hash.slice(0, 16), g: ak.g }]
				const cut = cutHash(crypto.hash, list.value)
				const entry = await basedEntry(crypto, at, { type: 'cut', account: idHash, devices: due, acc, cut })
				return ok({ ...entry, cut: list.value })
			}),
	}
}
