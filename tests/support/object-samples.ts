/** One value of every format of an object or log body (SPEC §2 objects), with its codec where it is ever decoded. */
import { encodeAccountBody, decodeAccountBody, encodeCertificateBody, type AccountBody } from '#protocol/account-log.ts'
import { accountEntryAad, encodeAccountEntryBody, entryNameInput, signedAccountEntry } from '#protocol/account-entry.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { boxCodec, boxesRoot, epochBoxInfo, kemXWing, linkBoxInfo, vaultKeyBoxInfo } from '#protocol/box.ts'
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode, encode, type Codec, type DecodeError } from '#protocol/codec.ts'
import { epochCommit, vaultKeyCommit } from '#protocol/commitments.ts'
import {
	decodeConversationBody,
	encodeConversationBody,
	type ConversationBody,
	type Policy,
	type Role,
} from '#protocol/conversation-log.ts'
import { cutHash, cutList } from '#protocol/cut.ts'
import {
	decodeFriendBody,
	encodeFriendBody,
	requestHash,
	signedFriendStep,
	type FriendBody,
} from '#protocol/friendship.ts'
import { encodeHeadBody, forkProof, signedHead } from '#protocol/head.ts'
import {
	conversationIdOf,
	deviceIdOf,
	dmIdOf,
	idHashOf,
	keyHash16,
	linkIdOf,
	noticeIdOf,
	notesIdOf,
	padConversationId,
	serverIdOf,
	userId,
} from '#protocol/ids.ts'
import { decodeLinkFragment, encodeLinkFragment, linkKeyInfo, type LinkFragment } from '#protocol/link.ts'
import { chainHash, noHash, signedEntry } from '#protocol/log-entry.ts'
import { encodeMarkerBody, markerAad, markerKeyInfo, markerPlaintext, signedMarker } from '#protocol/marker.ts'
import { pairingDigits, pairingMacInput, pairingOffer } from '#protocol/pairing.ts'
import { encodePeerTranscript } from '#protocol/peer.ts'
import { encodeProfileBody, signedProfile } from '#protocol/profile.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { purposes, signingMessage } from '#protocol/tags.ts'
import { titlePlaintext } from '#protocol/title.ts'
import { bindInput, methodKeyInfo, methodSeedSalt } from '#protocol/unlock.ts'
import { encodeVaultBody, sealedVaultCodec, vaultAad, vaultPlaintext } from '#protocol/vault.ts'
import { nodeHash } from './crypto-ports.ts'
import { actor, bytesOf, byDevice, keysOf, methodOf, signedBy, startOfStory } from './log-actors.ts'

/** `recode` decodes and encodes again; absent where both sides build the bytes and nobody decodes them. */
export interface Sample {
	readonly title: string
	readonly bytes: Bytes
	readonly recode?: (bytes: Bytes) => Result<Bytes, DecodeError>
}

const time = startOfStory
const idHash = bytesOf('idHash')
const other = bytesOf('other idHash')
const conversation = bytesOf('conversation', 16)
const device = bytesOf('device', 16)
const server = bytesOf('server')
const hlc = (BigInt(time) << 16n) | 7n
const laptop = actor('sample laptop')
const head = { seq: 9, hash: bytesOf('head') }
const shortHead = { seq: 9, hash16: bytesOf('head', 16) }
const vk = { gen: 3, commit: bytesOf('vk') }
const rekey = { g: 2, akHash: bytesOf('ak'), vk }
const sealed = { nonce: bytesOf('nonce', 12), ct: bytesOf('ct', 48) }

function ofCodec<T>(title: string, codec: Codec<T>, value: NoInfer<T>): Sample {
	const recode = (bytes: Bytes) => {
		const decoded = decode(codec, bytes)
		return decoded.ok ? ok(encode(codec, decoded.value)) : decoded
	}
	return { title, bytes: encode(codec, value), recode }
}

function ofBody<T>(
	title: string,
	value: T,
	{ to, from }: { to: (value: T) => Bytes; from: (bytes: Bytes) => Result<T, DecodeError> },
): Sample {
	const recode = (bytes: Bytes) => {
		const decoded = from(bytes)
		return decoded.ok ? ok(to(decoded.value)) : decoded
	}
	return { title, bytes: to(value), recode }
}

const accountHeader = { seq: 4, previous: bytesOf('previous'), time }
const methods = [methodOf('password', actor('sample password')), methodOf('recovery', actor('sample code'))]
const setMethods = { methods, keys: { renew: 'all', ...rekey } } as const
const revokeDevice = { devices: [device], rekey }

/** One of each kind, and one of each variant within. */
const accountBodies: readonly AccountBody[] = [
	{
		type: 'create',
		seq: 0,
		previous: noHash,
		time,
		akHash: bytesOf('ak 0'),
		methods,
		device: keysOf(laptop),
		vk: { gen: 1, commit: bytesOf('vk 1') },
		random: bytesOf('random', 16),
	},
	{ type: 'addDevice', ...accountHeader, device: keysOf(laptop), boxHash: bytesOf('box') },
	{ type: 'setMethods', ...accountHeader, action: setMethods, proposal: null },
	{ type: 'setMethods', ...accountHeader, action: { methods, keys: { renew: 'vault', vk } }, proposal: null },
	{ type: 'setMethods', ...accountHeader, action: { methods, keys: { renew: 'nothing' } }, proposal: 2 },
	{ type: 'revokeDevice', ...accountHeader, action: revokeDevice, proposal: null },
	{ type: 'retireDevice', ...accountHeader, device },
	{ type: 'end', ...accountHeader, action: {}, proposal: null },
	{ type: 'propose', ...accountHeader, action: { type: 'setMethods', ...setMethods } },
	{ type: 'propose', ...accountHeader, action: { type: 'revokeDevice', ...revokeDevice } },
	{ type: 'propose', ...accountHeader, action: { type: 'end' } },
	{ type: 'resolveFork', ...accountHeader, dropped: [head] },
]

const author = { time, author: idHash, device }
const exact = { seq: 4, previous: bytesOf('previous'), ...author }
const based = { base: 3, baseHash: bytesOf('base'), ...author }
const policy: Policy = { history: 'shared', invite: 'members', knock: 'yes', expiry: 86_400_000 }
const directPolicy: Policy = { history: 'shared', invite: 'nobody', knock: 'no', expiry: null }
const epoch = { n: 2, commit: bytesOf('ek'), boxesRoot: bytesOf('boxes'), back: { m: 1, sealed } }
const acc = [{ idHash, seq: 5, hash16: bytesOf('acc', 16), g: 1 }]
const cut = bytesOf('cut')

function member(idHash: Bytes, role: Role) {
	return { idHash, role }
}

function createOf(kind: 'dm' | 'notes' | 'notice' | 'group' | 'room-open' | 'room-private'): ConversationBody {
	const members =
		kind === 'notes' ? [member(idHash, 'member')] : sorted([member(idHash, 'member'), member(other, 'member')])
	const isDirect = kind === 'dm' || kind === 'notes'
	return {
		type: 'create',
		seq: 0,
		previous: noHash,
		...author,
		kind,
		policy: isDirect ? directPolicy : policy,
		members,
		random: bytesOf('random', 16),
	}
}

function sorted<T extends { idHash: Bytes }>(items: readonly T[]): readonly T[] {
	return [...items].sort((a, b) => Buffer.compare(a.idHash, b.idHash))
}

const conversationBodies: readonly ConversationBody[] = [
	...(['dm', 'notes', 'notice', 'group', 'room-open', 'room-private'] as const).map(createOf),
	{ type: 'rotate', ...based, epoch: { ...epoch, n: 1, back: null }, acc },
	{ type: 'rotate', ...based, epoch, acc },
	{ type: 'add', ...exact, members: [member(other, 'reader')], keys: { give: 'rotate', ...epoch }, acc },
	{
		type: 'add',
		...exact,
		members: [member(other, 'admin')],
		keys: { give: 'current', n: 2, boxesRoot: bytesOf('boxes') },
		acc,
	},
	{ type: 'join', ...based, link: bytesOf('link', 16), n: 2, boxesRoot: bytesOf('boxes'), acc },
	{ type: 'leave', ...based, cut },
	{ type: 'remove', ...exact, accounts: [other], epoch, acc, cut },
	{ type: 'role', ...exact, members: [member(other, 'reader')], cut },
	{ type: 'role', ...exact, members: [member(other, 'owner')], cut: null },
	{
		type: 'link',
		...exact,
		...keysOf(actor('sample link')),
		role: 'member',
		expires: time + 1,
		uses: 5,
		n: 2,
		boxesRoot: bytesOf('boxes'),
	},
	{ type: 'linkEnd', ...based, links: [bytesOf('link', 16)] },
	{ type: 'policy', ...exact, policy },
	{ type: 'cut', ...based, account: other, devices: [device], acc, cut },
	{ type: 'archive', ...exact },
	{ type: 'restore', ...exact },
	{ type: 'title', ...based, n: 2, nonce: bytesOf('nonce', 12), ct: bytesOf('title', 40) },
	{ type: 'resolveFork', ...exact, dropped: [head] },
]

const parties = { server, from: idHash, to: other, device, time, random: bytesOf('random', 16) }
const request: Extract<FriendBody, { type: 'request' }> = { type: 'request', ...parties }
const answer = { ...parties, request: requestHash(nodeHash, request) }
const friendBodies: readonly FriendBody[] = [
	request,
	{ type: 'accept', ...answer },
	{ type: 'decline', ...answer },
	{ type: 'cancel', ...answer },
	{ type: 'end', ...answer },
]

const links: readonly LinkFragment[] = [
	{ type: 'friend', server, idHash, head: shortHead, invite: bytesOf('invite') },
	{ type: 'friend', server, idHash, head: shortHead, invite: null },
	{ type: 'room', server, conversation, head: shortHead, secret: bytesOf('secret') },
	{ type: 'pairing', server, idHash, head: shortHead, secret: bytesOf('secret', 16) },
]

const nonces = { clientNonce: bytesOf('client nonce'), serverNonce: bytesOf('server nonce') }
const bySession = { server, idHash, device, sid: bytesOf('sid', 16), ...nonces }

const signature = bytesOf('signature', 64)
const headBody = { instanceEpoch: bytesOf('instance', 16), subject: idHash, ...head }
const vaultHeader = { idHash, version: 2, vkGen: 3, accSeq: 9, accHash: head.hash }
const marker = { kind: 'read', device, hlc, epoch: 2, nonce: bytesOf('nonce', 12), ct: bytesOf('ct', 24) } as const
const markerSubject = { conversation, idHash }
const profile = { idHash, name: 'Álice', picture: bytesOf('picture'), hlc, device }
const accountEntry = {
	idHash,
	name: bytesOf('name', 16),
	hlc,
	v: 3,
	device,
	nonce: bytesOf('nonce', 12),
	ct: bytesOf('entry', 40),
}
const offer = { idHash, ...keysOf(laptop), kemKey: bytesOf('kem', 1216), certificate: signature }
const reporter = { server, idHash, device, time, conversation }
const guid = 'c/AAAAAAAAAAAAAAAAAAAAAA/3.1'
const reports: readonly ReportBody[] = [
	{
		type: 'message',
		...reporter,
		text: 'unkind',
		events: [{ guid, author: other, item: bytesOf('item', 300), eventKey: bytesOf('event key') }],
		logs: [{ subject: other, head }],
	},
	{ type: 'badSignature', ...reporter, guid, clientId: 2 ** 52 + 1, clock: 8 },
	{ type: 'badBack', ...reporter, n: 2 },
]
const cutRows = [{ device, pages: [{ page: 3, part: 1, streams: [{ clientId: 2 ** 52 + 1, next: 8 }] }] }]
const pins = [{ idHash: other, hlc, how: 'link', name: 'Bob', head: shortHead }] as const
const epochRef = { conversation, n: 2 }

function linkBytes(fragment: LinkFragment): Bytes {
	return base64urlToBytes(encodeLinkFragment(fragment)) as Bytes
}

function linkOf(bytes: Bytes): Result<LinkFragment, DecodeError> {
	const fragment = decodeLinkFragment(bytesToBase64url(bytes))
	return fragment === null ? fail({ type: 'malformed', reason: 'no link' }) : ok(fragment)
}

const logSamples: readonly Sample[] = [
	...accountBodies.map((body, i) =>
		ofBody(`account ${i} ${body.type}`, body, { to: encodeAccountBody, from: decodeAccountBody }),
	),
	...conversationBodies.map((body, i) =>
		ofBody(`conversation ${i} ${body.type}`, body, { to: encodeConversationBody, from: decodeConversationBody }),
	),
	ofCodec(
		'signed entry',
		signedEntry,
		signedBy(encodeAccountBody(accountBodies[6] as AccountBody), [byDevice(laptop)]),
	),
	{ title: 'certificate', bytes: encodeCertificateBody({ idHash, ...keysOf(laptop) }) },
	ofCodec('cut list', cutList, cutRows),
	ofCodec('title plaintext', titlePlaintext, { name: 'Wanderfreunde 🥾', topic: 'Samstags um 9', picture: null }),
	ofCodec('title plaintext with picture', titlePlaintext, { name: '', topic: '', picture: bytesOf('picture') }),
	{ title: 'head body', bytes: encodeHeadBody(headBody) },
	ofCodec('signed head', signedHead, { ...headBody, signature }),
	ofCodec('fork proof', forkProof, {
		lower: { ...headBody, signature },
		higher: { ...headBody, seq: 10, signature },
		at: bytesOf('at'),
		path: [bytesOf('path')],
	}),
]

const objectSamples: readonly Sample[] = [
	ofCodec('box', boxCodec, { version: 1, kem: kemXWing, enc: bytesOf('enc', 1120), ct: bytesOf('ct', 48) }),
	ofCodec('vault', sealedVaultCodec, { header: vaultHeader, sealed: bytesOf('vault', 60), device, signature }),
	ofCodec('vault plaintext', vaultPlaintext, {
		accountKeys: [bytesOf('ak 0'), bytesOf('ak 1')],
		entryKeys: [bytesOf('sk 1'), bytesOf('sk 2')],
		nameKey: bytesOf('name key'),
		pins,
	}),
	{ title: 'vault body', bytes: encodeVaultBody({ header: vaultHeader, sealedHash: bytesOf('sealed') }) },
	{ title: 'vault aad', bytes: vaultAad(vaultHeader) },
	ofCodec('account entry', signedAccountEntry, { ...accountEntry, signature }),
	{ title: 'account entry body', bytes: encodeAccountEntryBody(accountEntry) },
	{ title: 'account entry aad', bytes: accountEntryAad(accountEntry) },
	{ title: 'account entry name input', bytes: entryNameInput('draft/x') },
	ofCodec('marker', signedMarker, { ...marker, signature }),
	{ title: 'marker body', bytes: encodeMarkerBody(markerSubject, marker) },
	{ title: 'marker aad', bytes: markerAad(markerSubject, marker) },
	{ title: 'marker key info', bytes: markerKeyInfo(device) },
	ofCodec('marker plaintext', markerPlaintext, { recvSeq: 2 ** 40 }),
	ofCodec('profile', signedProfile, { ...profile, signature }),
	{ title: 'profile body', bytes: encodeProfileBody(profile) },
	...friendBodies.map((body) => ofBody(`friend ${body.type}`, body, { to: encodeFriendBody, from: decodeFriendBody })),
	ofCodec('signed friend step', signedFriendStep, { body: request, signature }),
	...links.map((fragment, i) => ofBody(`link ${i} ${fragment.type}`, fragment, { to: linkBytes, from: linkOf })),
	ofCodec('pairing offer', pairingOffer, { ...offer, mac: bytesOf('mac') }),
	{ title: 'pairing mac input', bytes: pairingMacInput(offer) },
	...reports.map((body) => ofCodec(`report ${body.type}`, signedReport, { body, signature })),
	{ title: 'report body', bytes: encodeReportBody(reports[2] as ReportBody) },
	{
		title: 'peer transcript',
		bytes: encodePeerTranscript({
			offerer: { idHash, device, fingerprint: bytesOf('fingerprint') },
			answerer: { idHash: other, device: laptop.deviceId, fingerprint: bytesOf('other fingerprint') },
			sessionNonce: bytesOf('session'),
			conversations: [conversation],
		}),
	},
]

const keySamples: readonly Sample[] = [
	...(['socket', 'refresh', 'ticket'] as const).map((use) => ({
		title: `auth ${use}`,
		bytes: encodeAuthBody({ use, ...bySession }),
	})),
	{
		title: 'auth method',
		bytes: encodeAuthBody({ use: 'method', server, idHash, methodKey: laptop.signingKey, ...nonces }),
	},
	{
		title: 'auth link',
		bytes: encodeAuthBody({ use: 'link', server, conversation, linkKey: laptop.signingKey, ...nonces }),
	},
	...purposes.map((purpose) => ({
		title: `signing message ${purpose}`,
		bytes: signingMessage(purpose, bytesOf('body')),
	})),
	{ title: 'bind input', bytes: bindInput(idHash, keysOf(laptop)) },
	...(['password', 'passkey', 'recovery'] as const).map((kind) => ({
		title: `method seed salt ${kind}`,
		bytes: methodSeedSalt(kind),
	})),
	...(['kem', 'sign', 'mac'] as const).map((use) => ({ title: `method key info ${use}`, bytes: methodKeyInfo(use) })),
	...(['sign', 'kem'] as const).map((use) => ({ title: `link key info ${use}`, bytes: linkKeyInfo(use) })),
	{ title: 'epoch box info', bytes: epochBoxInfo(epochRef, { idHash, g: 1 }) },
	{ title: 'link box info', bytes: linkBoxInfo(epochRef, bytesOf('link', 16)) },
	{ title: 'vault key box info', bytes: vaultKeyBoxInfo(bytesOf('kem'), 3) },
]

const createBody = encodeAccountBody(accountBodies[0] as AccountBody)
const groupBody = encodeConversationBody(conversationBodies[3] as ConversationBody)

/** Hashes and ids over fixed inputs. */
const hashSamples: readonly Sample[] = [
	{ title: 'hash idHash', bytes: idHashOf(nodeHash, createBody) },
	{ title: 'hash userId', bytes: userId(idHash) },
	{ title: 'hash deviceId', bytes: deviceIdOf(nodeHash, laptop.signingKey) },
	{ title: 'hash serverId', bytes: serverIdOf(nodeHash, laptop.signingKey) },
	{ title: 'hash linkId', bytes: linkIdOf(nodeHash, laptop.signingKey) },
	{ title: 'hash keyHash16', bytes: keyHash16(nodeHash, laptop.signingKey) },
	{ title: 'hash convId group', bytes: conversationIdOf(nodeHash, groupBody) },
	{ title: 'hash convId dm', bytes: dmIdOf(nodeHash, idHash, other) },
	{ title: 'hash convId notes', bytes: notesIdOf(nodeHash, idHash) },
	{ title: 'hash convId notice', bytes: noticeIdOf(nodeHash, idHash, other) },
	{ title: 'hash padded convId', bytes: padConversationId(conversation) },
	{ title: 'hash chain 0', bytes: chainHash(nodeHash, noHash, { seq: 0, body: createBody }) },
	{ title: 'hash chain 1', bytes: chainHash(nodeHash, head.hash, { seq: 10, body: groupBody }) },
	{ title: 'hash epoch commit', bytes: epochCommit(nodeHash, epochRef, bytesOf('EK')) },
	{ title: 'hash vault key commit', bytes: vaultKeyCommit(nodeHash, 3, bytesOf('VK')) },
	{
		title: 'hash boxes root',
		bytes: boxesRoot(nodeHash, {
			accounts: [{ idHash, g: 1, boxHash: bytesOf('box') }],
			links: [{ link: bytesOf('link', 16), boxHash: bytesOf('link box') }],
		}),
	},
	{ title: 'hash cut list', bytes: cutHash(nodeHash, cutRows) },
	{ title: 'hash friend request', bytes: requestHash(nodeHash, request) },
	{
		title: 'hash pairing digits',
		bytes: new TextEncoder().encode(pairingDigits(nodeHash, { ...offer, mac: bytesOf('mac') })),
	},
]

export const samples: readonly Sample[] = [...logSamples, ...objectSamples, ...keySamples, ...hashSamples]
