/**
 * Read and delivered markers: the server checks who signed, keeps the newest per device and kind, sends it on, and cannot
 * read how far it reaches (SPEC MRK). Readers merge by the maximum. One transaction for all that come in one turn.
 */
import { bytesToBase64url, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { isAhead } from '#protocol/hlc.ts'
import { MARKERS_SENT_MAX_MEMBERS } from '#protocol/limits.ts'
import { encodeMarkerBody, signedMarker, type SignedMarker } from '#protocol/marker.ts'
import { ok } from '#protocol/result.ts'
import { claimOver } from '#protocol/tags.ts'
import type { AccountStates, ConversationStates, DomainPorts } from '../domain.ts'
import type { MarkerRow } from '../event-ports.ts'
import { refuse, type Decided } from '../refusal.ts'
import type { MarkersApi } from './api.ts'
import type { FriendshipCache } from './friendship-cache.ts'
import { checkMember } from './pages.ts'
import { createTurns } from './turns.ts'

export interface MarkersPorts extends Pick<
	DomainPorts,
	'repositories' | 'unitOfWork' | 'cluster' | 'clock' | 'hash' | 'verify' | 'log' | 'defer'
> {
	readonly accountStates: AccountStates
	readonly conversationStates: ConversationStates
	readonly friendships: FriendshipCache
}

interface Waiting {
	readonly state: ConversationState
	readonly row: MarkerRow
	readonly stored: (outcome: Decided<null>) => void
}

type Writer = Parameters<MarkersApi['put']>[0]

const turnMarkersMax = 512

export function createMarkers(ports: MarkersPorts): MarkersApi {
	const { repositories, conversationStates } = ports
	const weigh = (): number => 1
	const turns = createTurns<Waiting>({
		defer: ports.defer,
		pace: null,
		weigh,
		weightMax: turnMarkersMax,
		run: (turn) => store(ports, turn),
	})
	/** From the first look at it: one that is still being verified is no turn yet. */
	const underWay = new Set<Promise<unknown>>()

	async function put(by: Writer, conversation: Bytes, bytes: Bytes): Promise<Decided<null>> {
		const marker = decode(signedMarker, bytes)
		if (!marker.ok) return refuse('malformed')
		const state = await conversationStates.get(conversation)
		if (state?.members.has(bytesToBase64url(by.account)) !== true) return refuse('not-member')
		if (!(await ports.friendships.standing(state)).friends) return refuse('not-friends')
		const checked = await check(ports, by, { conversation, marker: marker.value })
		if (!checked.ok) return checked
		const { kind, device, hlc } = marker.value
		const row: MarkerRow = { account: by.account, device, kind, hlc, marker: bytes }
		return new Promise((stored) => turns.add({ state, row, stored }))
	}

	return {
		put: (by, conversation, bytes) => {
			const done = put(by, conversation, bytes)
			const forget = () => void underWay.delete(done)
			underWay.add(done)
			done.then(forget, forget)
			return done
		},
		of: async (reader, conversation) => {
			const member = await checkMember(ports, reader, conversation)
			if (!member.ok) return member
			const state = (await conversationStates.get(conversation)) as ConversationState
			const rows = await repositories.markers.of(conversation)
			return ok(rows.filter(({ account }) => state.members.has(bytesToBase64url(account))))
		},
		drained: async () => {
			await Promise.allSettled(underWay)
			await turns.drained()
		},
	}
}

async function check(
	{ accountStates, clock, hash, verify }: MarkersPorts,
	by: Writer,
	{ conversation, marker }: { conversation: Bytes; marker: SignedMarker },
): Promise<Decided<null>> {
	const device = (await accountStates.get(by.account))?.devices.get(bytesToBase64url(by.device))
	if (device === undefined || device.ended !== null) return refuse('device-ended')
	if (!equalBytes(marker.device, by.device)) return refuse('bad-signature')
	if (isAhead(marker.hlc, clock())) return refuse('hold-ahead')
	const body = encodeMarkerBody({ conversation, idHash: by.account }, marker)
	const claim = claimOver(hash, 'marker', { key: device.signingKey, body, signature: marker.signature })
	return (await verify([claim]))[0] === true ? ok(null) : refuse('bad-signature')
}

async function store({ unitOfWork, cluster, log }: MarkersPorts, turn: readonly Waiting[]): Promise<void> {
	try {
		await unitOfWork.transaction(async ({ markers }, afterCommit) => {
			for (const { state, row } of turn) {
				if (!(await markers.put(state.id, row)) || state.members.size > MARKERS_SENT_MAX_MEMBERS) continue
				const [conversation, account, marker] = [state.id, row.account, row.marker].map(bytesToBase64url) as [
					string,
					string,
					string,
				]
				const members = [...state.members.keys()]
				afterCommit(() => cluster.publish('marker', { conversation, account, marker, members }))
			}
		})
		for (const { stored } of turn) stored(ok(null))
	} catch (error) {
		log.error('markers-not-stored', { error, count: turn.length })
		for (const { stored } of turn) stored(refuse('internal'))
	}
}
