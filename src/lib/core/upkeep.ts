/**
 * What a client does for its conversations unasked: boxes that others miss, a key that is due, devices of ours that are lost, a
 * title that newcomers cannot open. One conversation after the other, and each time from the newest log:
 *
 *   ask for the own box → name and list what a crash left without → seal what others miss → cut lost devices → title → rotation due → lease → rotate
 */
import { sealEpochBox, sealLinkBox } from '#crypto/boxes.ts'
import type { EpochKey } from '#crypto/epoch.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, equalBytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { canAdminister, canWrite, roleOf } from '#protocol/conversation-case.ts'
import { accAt, linksAtBase, mayRead, readsEpoch } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { textToId } from '#protocol/ids.ts'
import { rotationDue } from '#protocol/rotation-due.ts'
import type { ConversationId } from './api.ts'
import { linkTargetsOf, targetOf } from './box-targets.ts'
import type { ConversationContext } from './context.ts'
import { titleOf } from './titles.ts'
import type { Groups } from './groups.ts'
import { createEpochCounts } from './epoch-counts.ts'
import { createQueue } from './queue.ts'
import type { RoomLinks } from './room-links.ts'

export interface Upkeep {
	/** Something changed: looked at soon. */
	readonly look: (conversation: ConversationId) => void
	/** So many events were stored. */
	readonly grew: (conversation: ConversationId, events: number) => void
	/** A new connection: what was asked for is asked for again. */
	readonly online: () => void
	readonly close: () => void
}

/** After an attempt that failed, and after somebody else's lease, ms. */
const againMs = 5_000

/** How many events pass before it is asked again whether the newest key was used enough. */
const eventsBetween = 500

export function createUpkeep(
	context: ConversationContext,
	{ groups, links }: { groups: Groups; links: Pick<RoomLinks, 'finishListing'> },
): Upkeep {
	const { crypto, http, logs, keyring, accounts, self, connection, timers, time, failed } = context
	const queue = createQueue()
	const asked = new Set<string>()
	const waiting = new Map<ConversationId, () => void>()
	let closed = false

	const counts = createEpochCounts(context)
	const grown = new Map<ConversationId, number>()

	const isDue = (state: ConversationState, events: number) =>
		rotationDue(state, {
			...{ now: time.now(), events, eventsMax: context.epochDueEvents },
			newestKey: (account) => accounts.known(bytesToBase64url(account))?.ak.g ?? null,
		}) !== null

	/** Epochs that we may read, whose key is not here and was not asked for. */
	async function lostEpochs(id: ConversationId): Promise<number[]> {
		const state = logs.known(id)
		const lost: number[] = []
		for (const { n } of state?.epochs ?? []) {
			if (state === null || asked.has(`${id} ${n}`) || !readsEpoch(state, self.idHash, n)) continue
			if ((await keyring.keys(id, n)) === null) lost.push(n)
		}
		return lost
	}

	async function askForKey(id: ConversationId): Promise<void> {
		if ((await lostEpochs(id)).length === 0) return
		// A box that is still on its way is not lost: it comes with the log.
		await logs.sync(id)
		for (const epoch of await lostEpochs(id)) {
			asked.add(`${id} ${epoch}`)
			await http.call((api) => api.rooms.askBox({ conversation: id, epoch }))
		}
	}

	/** What the server says is missing, sealed to those who may have it by our own log. */
	async function sealMissing(id: ConversationId, state: ConversationState): Promise<void> {
		const { missing } = logs.beside(id)
		for (const [epoch, ofEpoch] of Map.groupBy(missing, (one) => one.epoch)) {
			const key = await keyring.secret(id, epoch)
			const due = ofEpoch.filter(({ account }) => {
				const idHash = textToId('account', account)
				return account !== self.account && idHash !== null && mayRead(state, idHash, epoch)
			})
			if (key !== null && due.length > 0) await put(id, key, { accounts: due.map(({ account }) => account), links: [] })
		}
		await sealLinks(id, state)
	}

	/** Links that were made while the newest epoch was. */
	async function sealLinks(id: ConversationId, state: ConversationState): Promise<void> {
		const sealed = new Set(linksAtBase(state))
		const base = state.epochs.at(-1)?.base ?? 0
		const due = [...state.links].filter(([link, { seq }]) => !sealed.has(link) && seq > base)
		const epoch = state.epochs.at(-1)
		const older = due.filter(([, { seq }]) => epoch !== undefined && seq < epoch.seq).map(([link]) => link)
		const key = older.length === 0 ? null : await keyring.secret(id, state.epochs.length)
		if (key !== null) await put(id, key, { accounts: [], links: older })
	}

	async function put(
		id: ConversationId,
		key: EpochKey,
		to: { accounts: readonly string[]; links: readonly string[] },
	): Promise<void> {
		const boxes: { account: string; g: number; box: string }[] = []
		for (const account of to.accounts) {
			const target = await targetOf(context, account, true)
			if (!target.ok) continue
			const { idHash, g, accountKey: publicKey } = target.value
			const box = await sealEpochBox(crypto, { idHash, g, publicKey }, key)
			boxes.push({ account, g, box: bytesToBase64url(encode(boxCodec, box)) })
		}
		const state = logs.known(id)
		const live = state === null || to.links.length === 0 ? null : await linkTargetsOf(context, state)
		const wanted = live?.ok === true ? live.value.filter(({ link }) => to.links.includes(bytesToBase64url(link))) : []
		const linkBoxes = await Promise.all(
			wanted.map(async (target) => ({
				link: bytesToBase64url(target.link),
				box: bytesToBase64url(encode(boxCodec, await sealLinkBox(crypto, target, key))),
			})),
		)
		if (boxes.length + linkBoxes.length === 0) return
		await http.call((api) => api.rooms.sealBoxes({ conversation: id, epoch: key.n, boxes, linkBoxes }))
	}

	/** Devices of ours that were revoked, that wrote here, and that the log does not know to be lost. */
	async function cutLost(id: ConversationId, state: ConversationState): Promise<void> {
		const own = accounts.known(self.account)
		const named = accAt(state, self.idHash, state.head.seq)?.seq ?? -1
		const lost = [...(own?.devices.values() ?? [])].filter(
			({ deviceId, revokedAt }) =>
				revokedAt !== null &&
				revokedAt > named &&
				!state.cuts.some(({ devices }) => devices?.some((device) => equalBytes(device, deviceId))),
		)
		if (lost.length > 0)
			await groups.cutDevices(
				id,
				lost.map(({ deviceId }) => deviceId),
			)
	}

	/** Where members read from their joining on, a title of an older epoch says nothing to who came later. */
	async function retitle(id: ConversationId, state: ConversationState): Promise<void> {
		const { title, policy } = state
		if (title === null || policy.history === 'shared' || title.n === state.epochs.length) return
		if (!canAdminister(roleOf(state, self.idHash))) return
		const opened = await titleOf(context, state)
		if (opened !== null) await groups.rename(id, opened)
	}

	async function rotate(id: ConversationId, state: ConversationState): Promise<void> {
		const n = state.epochs.length
		const events = await counts.ofNewest(state)
		if (!isDue(state, events) || !canWrite(roleOf(state, self.idHash))) return
		const lease = await http.call((api) => api.rooms.lease({ conversation: id, epoch: n }))
		if (!lease.ok) return again(id, againMs)
		if (!lease.value.granted) return again(id, Math.max(againMs, lease.value.until - time.now()))
		const done = await groups.rotate(id, (now) => isDue(now, now.epochs.length === n ? events : 0))
		if (!done.ok) again(id, againMs)
	}

	function again(id: ConversationId, afterMs: number): void {
		waiting.get(id)?.()
		waiting.set(
			id,
			timers.after(afterMs, () => look(id)),
		)
	}

	async function keep(id: ConversationId): Promise<void> {
		const state = logs.known(id)
		if (closed || state === null || connection.state().type !== 'online') return
		if (!state.members.has(self.account)) return
		await askForKey(id)
		await groups.finishName(state)
		await links.finishListing(state)
		await sealMissing(id, state)
		await cutLost(id, state)
		await retitle(id, logs.known(id) ?? state)
		await rotate(id, logs.known(id) ?? state)
	}

	const pending = new Set<ConversationId>()

	function look(id: ConversationId): void {
		if (pending.has(id) || closed) return
		pending.add(id)
		void queue
			.run(id, async () => {
				pending.delete(id)
				await keep(id)
			})
			.catch((error: unknown) => failed('upkeep', error))
	}

	return {
		look,
		grew: (id, events) => {
			const sum = (grown.get(id) ?? 0) + events
			const isEnough = sum >= Math.min(eventsBetween, context.epochDueEvents / 2)
			grown.set(id, isEnough ? 0 : sum)
			if (isEnough) look(id)
		},
		online: () => asked.clear(),
		close: () => {
			closed = true
			for (const cancel of waiting.values()) cancel()
		},
	}
}
