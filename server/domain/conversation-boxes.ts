/**
 * What lies beside entries: boxes of epoch keys for accounts and links. The server opens none of it; it holds
 * each to what the entry says by hash (SPEC BOX3), and to whom it is due (SPEC EPO6).
 */
import { boxCodec, boxesRoot } from '#protocol/box.ts'
import { bytesToBase64url, compareBytes, equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import type { ConversationBody } from '#protocol/conversation-log.ts'
import { boxesAtBase, linksAtBase, type BoxDue } from '#protocol/conversation-lookups.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { linkIdOf } from '#protocol/ids.ts'
import { KEM_PUBLIC_KEY_LENGTH } from '#protocol/limits.ts'
import { ok } from '#protocol/result.ts'
import type { GivenBox } from './conversation-checks.ts'
import type { AccountStates, DomainPorts } from './domain.ts'
import { refuse, type Decided } from './refusal.ts'

export interface GivenLinkBox {
	readonly link: Bytes
	readonly box: Bytes
}

export interface GivenBoxes {
	readonly boxes: readonly GivenBox[]
	readonly linkBoxes: readonly GivenLinkBox[]
}

interface BoxesContext {
	readonly hash: DomainPorts['hash']
	readonly accountStates: AccountStates
}

/** Recipients of the boxes beside an entry, and the root that it names; null where it has none. */
interface Wanted {
	readonly accounts: readonly BoxDue[]
	/** base64url ids. */
	readonly links: readonly string[]
	readonly root: Bytes
}

function wantedBy({ hash }: BoxesContext, body: ConversationBody, after: ConversationState): Wanted | null {
	const ofEpoch = (root: Bytes): Wanted => ({ accounts: boxesAtBase(after), links: linksAtBase(after), root })
	const named = (acc: readonly { idHash: Bytes; g: number }[], accounts: readonly Bytes[]) =>
		acc.filter(({ idHash }) => accounts.some((account) => equalBytes(account, idHash)))
	switch (body.type) {
		case 'rotate':
		case 'remove':
			return ofEpoch(body.epoch.boxesRoot)
		case 'add': {
			const { keys, acc, members } = body
			if (keys.give === 'rotate') return ofEpoch(keys.boxesRoot)
			const added = members.map(({ idHash }) => idHash)
			return { accounts: named(acc, added), links: [], root: keys.boxesRoot }
		}
		case 'join':
			return { accounts: named(body.acc, [body.author]), links: [], root: body.boxesRoot }
		case 'link':
			return { accounts: [], links: [bytesToBase64url(linkIdOf(hash, body.signingKey))], root: body.boxesRoot }
		default:
			return null
	}
}

/**
 * One box for each whom the entry owes one, at the newest AK, and together what it says by its root.
 * Refused: stale-head when somebody's AK is newer than the log names, bad-boxes.
 */
export async function checkBoxes(
	context: BoxesContext,
	{ body, after }: { body: ConversationBody; after: ConversationState },
	given: GivenBoxes,
): Promise<Decided<null>> {
	const wanted = wantedBy(context, body, after)
	if (wanted === null) return given.boxes.length + given.linkBoxes.length === 0 ? ok(null) : refuse('bad-boxes')
	if (!isOneEach(wanted, given)) return refuse('bad-boxes')
	for (const { idHash, g } of wanted.accounts)
		if ((await context.accountStates.get(idHash))?.ak.g !== g) return refuse('stale-head')
	return equalBytes(rootOf(context, given), wanted.root) ? ok(null) : refuse('bad-boxes')
}

function isOneEach({ accounts, links }: Wanted, { boxes, linkBoxes }: GivenBoxes): boolean {
	const byAccount = new Map(boxes.map((box) => [bytesToBase64url(box.account), box]))
	const byLink = new Map(linkBoxes.map((box) => [bytesToBase64url(box.link), box]))
	if (boxes.length !== accounts.length || byAccount.size !== accounts.length) return false
	if (linkBoxes.length !== links.length || byLink.size !== links.length) return false
	const isGiven = ({ idHash, g }: BoxDue) => byAccount.get(bytesToBase64url(idHash))?.g === g
	return (
		accounts.every(isGiven) &&
		links.every((id) => byLink.has(id)) &&
		[...boxes, ...linkBoxes].every(({ box }) => decode(boxCodec, box).ok)
	)
}

function rootOf({ hash }: BoxesContext, { boxes, linkBoxes }: GivenBoxes): Bytes {
	const accounts = boxes
		.map(({ account, g, box }) => ({ idHash: account, g, boxHash: hash(box) }))
		.sort((a, b) => compareBytes(a.idHash, b.idHash))
	const links = linkBoxes
		.map(({ link, box }) => ({ link, boxHash: hash(box) }))
		.sort((a, b) => compareBytes(a.link, b.link))
	return boxesRoot(hash, { accounts, links })
}

/** A link comes with the X-Wing key whose hash it names; no other entry brings one. */
export function checkLinkKey(
	{ hash }: Pick<BoxesContext, 'hash'>,
	body: ConversationBody,
	key: Bytes | null,
): Decided<null> {
	if (body.type !== 'link') return key === null ? ok(null) : refuse('bad-entry')
	const fits = key?.length === KEM_PUBLIC_KEY_LENGTH && equalBytes(hash(key), body.kemHash)
	return fits ? ok(null) : refuse('bad-boxes')
}

/** The epoch of which the boxes beside this entry are. */
export function epochOfBoxes(body: ConversationBody, after: ConversationState): number {
	return body.type === 'join' ? body.n : after.epochs.length
}
