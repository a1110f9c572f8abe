/**
 * Before the transaction: the intrinsic checks of every item of a turn, and the signatures that must be checked, all in
 * one batch. What fails here never reaches the database.
 */
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { mustVerify } from '#protocol/admission.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import {
	judgeItem,
	type Candidate,
	type Judgment,
	type JudgeView,
	type StreamHolder,
	type VerifiedJudgment,
} from '#protocol/intrinsic.ts'
import { judgeViewOf, type JudgeSources, type KnownDevice } from '#protocol/judge-view.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import type { Hash, RandomBytes, Verify } from '#protocol/ports.ts'
import type { StreamRow } from '../event-ports.ts'
import type { Upload } from './api.ts'
import { deviceIn, isOwn, type Authors } from './authors.ts'
import type { Book, Books } from './books.ts'

/** The uploads of one conversation in one turn. */
export interface ConversationTurn {
	readonly state: ConversationState
	readonly book: Book
	readonly uploads: readonly Upload[]
}

export interface JudgedItem {
	readonly upload: Upload
	readonly item: PageItem
	/** Null when nobody here certified it. */
	readonly device: KnownDevice | null
	/** Brought over a connection that this very device has proven. */
	readonly own: boolean
	readonly judgment: VerifiedJudgment
}

export interface JudgePorts {
	readonly hash: Hash
	readonly verify: Verify
	readonly random: RandomBytes
	readonly authors: Authors
	readonly books: Books
	/** The lists beside this conversation's cuts, by hash; null for one that is not here. */
	readonly cutLists: (state: ConversationState) => Promise<JudgeSources['cutList']>
	/** Devices that once signed badly, base64url (bars.ts): all that they send is verified. Grows here, before the bar is stored. */
	readonly suspects: Set<string>
}

interface Unverified extends Omit<JudgedItem, 'judgment'> {
	readonly judgment: Judgment
	readonly deviceKey: string
}

/** In the order of uploads and items. */
export async function judgeTurn(ports: JudgePorts, turn: ConversationTurn): Promise<Unverified[]> {
	let device: KnownDevice | null = null
	const cutList = await ports.cutLists(turn.state)
	const view = judgeViewOf({ hash: ports.hash, conversation: turn.state, device: () => device, cutList })
	const judged: Unverified[] = []
	for (const upload of turn.uploads) {
		const { page } = upload.address
		const parts = ports.books.loadedParts(turn.book, page) ?? (await ports.books.parts(turn.book, page))
		const streams = parts.get(upload.address.part)?.streams
		for (const item of upload.items) {
			const deviceId = deviceIn(item.content)
			device = deviceId === null ? null : (ports.authors.atHand(deviceId) ?? (await ports.authors.get(deviceId)))
			const holder = holderOf(streams?.get(item.clientId))
			const judgment = mayWrite(upload) ? judgeSafely(view, { guid: upload.guid, item, holder }) : noRight
			const deviceKey = deviceId === null ? '' : bytesToBase64url(deviceId)
			judged.push({ upload, item, device, own: isOwn(deviceId, upload.uploader), judgment, deviceKey })
		}
	}
	return judged
}

const noRight: Judgment = { type: 'refuse', code: 'item-no-right' }
const mayWrite = ({ uploader }: Upload): boolean => uploader.mayWrite !== false

/** Bytes of an attacker that meet a bug of ours must not stop the others of the turn. */
function judgeSafely(view: JudgeView, candidate: Candidate): Judgment {
	try {
		return judgeItem(view, candidate)
	} catch {
		return { type: 'refuse', code: 'item-malformed' }
	}
}

function holderOf(stream: StreamRow | undefined): StreamHolder | null {
	return stream === undefined ? null : { deviceId: stream.device, incarnation: stream.incarnation }
}

/**
 * A sample while nothing is wrong. When one of a device's own is bad, the rest of what it sent in this turn is verified
 * too, and from then on everything.
 */
export async function verifyTurn(ports: JudgePorts, judged: readonly Unverified[]): Promise<JudgedItem[]> {
	const draws = ports.random(judged.length)
	const verified = new Map<Unverified, boolean>()
	const verifyAll = async (items: readonly Unverified[]): Promise<void> => {
		if (items.length === 0) return
		const good = await ports.verify(items.map(({ judgment }) => claimOf(judgment)))
		items.forEach((item, i) => verified.set(item, good[i] === true))
	}
	const asked = judged.filter((item) => 'claim' in item.judgment)
	await verifyAll(asked.filter((item, i) => isSampled(item, { draw: draws[i] as number, suspects: ports.suspects })))
	for (const [item, good] of verified) if (!good && item.own) ports.suspects.add(item.deviceKey)
	await verifyAll(asked.filter((item) => !verified.has(item) && ports.suspects.has(item.deviceKey)))
	return judged.map((item) => ({ ...item, judgment: settled(item.judgment, verified.get(item)) }))
}

function isSampled(
	{ judgment, own, deviceKey }: Unverified,
	{ draw, suspects }: { draw: number; suspects: ReadonlySet<string> },
): boolean {
	if (judgment.type !== 'needs-signature') return false
	return mustVerify(judgment.event, { ownConnection: own, suspect: suspects.has(deviceKey), draw })
}

function claimOf(judgment: Judgment): { key: Bytes; message: Bytes; signature: Bytes } {
	if (judgment.type !== 'needs-signature') throw new Error('nothing to verify')
	return judgment.claim
}

function settled(judgment: Judgment, good: boolean | undefined): VerifiedJudgment {
	if (judgment.type !== 'needs-signature') return judgment
	return good === false ? { type: 'refuse', code: 'item-bad-signature' } : { type: 'valid', event: judgment.event }
}
