import { describe, expect, test } from 'vitest'
import {
	accountEntryAad,
	encodeAccountEntryBody,
	entryNameInput,
	isIgnoredEntry,
	replacesEntry,
} from '#protocol/account-entry.ts'
import { encodeAuthBody, type AuthBody } from '#protocol/auth.ts'
import { boxCodec, boxesRoot, epochBoxInfo, kemXWing, linkBoxInfo, vaultKeyBoxInfo, type Box } from '#protocol/box.ts'
import { bytesToHex, concatBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { epochCommit, vaultKeyCommit } from '#protocol/commitments.ts'
import { cutHash, type CutList } from '#protocol/cut.ts'
import { answersRequest, encodeFriendBody, requestHash, type FriendBody } from '#protocol/friendship.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { decodeLinkFragment, encodeLinkFragment, linkKeyInfo } from '#protocol/link.ts'
import { encodeMarkerBody, markerAad, markerKeyInfo } from '#protocol/marker.ts'
import { pairingDigits, pairingMacInput, type PairingOffer } from '#protocol/pairing.ts'
import { encodePeerTranscript } from '#protocol/peer.ts'
import { encodeProfileBody } from '#protocol/profile.ts'
import { encodeReportBody } from '#protocol/report.ts'
import { bindInput, methodKeyInfo, methodSeedSalt, rankOf } from '#protocol/unlock.ts'
import { nodeHash } from '../../support/crypto-ports.ts'
import { AccountStory, actor, byMethod, bytesOf, keysOf } from '../../support/log-actors.ts'

const tag = utf8ToBytes
const u32 = (value: number): Bytes => Uint8Array.of(0, 0, 0, value)
const [alice, bob, server] = ['alice', 'bob', 'server'].map((name) => bytesOf(name)) as [Bytes, Bytes, Bytes]
const conversation = bytesOf('conversation', 16)
const device = bytesOf('device', 16)

describe('unlock methods', () => {
	test('[UNL1] a recovery code ranks above password and passkey', () => {
		expect((['password', 'passkey', 'recovery'] as const).map(rankOf)).toEqual([2, 2, 3])
	})

	test('[UNL2] one secret of two kinds gives two seeds, and a seed three keys', () => {
		expect(methodSeedSalt('passkey')).toEqual(concatBytes(tag('kith/mseed/1'), Uint8Array.of(2)))
		expect((['kem', 'sign', 'mac'] as const).map(methodKeyInfo)).toEqual(
			['kith/mkem/1', 'kith/msig/1', 'kith/mbind/1'].map(tag),
		)
	})

	test('[UNL3] bind covers the account and both keys of the method', () => {
		const { signingKey, kemHash } = actor('password')
		expect(bindInput(alice, { signingKey, kemHash })).toEqual(
			concatBytes(tag('kith/bind/1'), alice, signingKey, kemHash),
		)
	})
})

describe('boxes and commitments', () => {
	const epoch = { conversation, n: 2 }

	test('[BOX1] a box says its version and KEM, and has one length', () => {
		const parts: Box = { version: 1, kem: kemXWing, enc: bytesOf('enc', 1120), ct: bytesOf('ct', 48) }
		const box = encode(boxCodec, parts)
		expect(box.length).toBe(1171)
		expect(bytesToHex(box.slice(0, 3))).toBe('01647a')
		for (const [at, byte] of [
			[0, 2],
			[1, 0],
			[2, 0],
		] as const) {
			const other = box.slice()
			other[at] = byte
			expect(decode(boxCodec, other).ok).toBe(false)
		}
	})

	test('[BOX2] the info names what a box is for, and to whom', () => {
		const epochInfo = epochBoxInfo(epoch, { idHash: alice, g: 3 })
		expect(epochInfo).toEqual(concatBytes(tag('kith/box/1'), conversation, u32(2), alice, u32(3)))
		expect(linkBoxInfo(epoch, device)).toEqual(concatBytes(tag('kith/linkbox/1'), conversation, u32(2), device))
		expect(vaultKeyBoxInfo(alice, 4)).toEqual(concatBytes(tag('kith/vkbox/1'), alice, u32(4)))
	})

	test('[BOX3] the root does not depend on the order in which boxes come, but on each of them', () => {
		const rows = [alice, bob].map((idHash) => ({ idHash, g: 0, boxHash: nodeHash(idHash) }))
		const root = boxesRoot(nodeHash, { accounts: rows, links: [] })
		expect(boxesRoot(nodeHash, { accounts: [...rows].reverse(), links: [] })).toEqual(root)
		const links = [{ link: device, boxHash: bytesOf('box') }]
		expect(boxesRoot(nodeHash, { accounts: rows, links })).not.toEqual(root)
		expect(() => boxesRoot(nodeHash, { accounts: [rows[0]!, { ...rows[0]!, g: 1 }], links: [] })).toThrow(RangeError)
	})

	test('[EPO5] a commitment binds an epoch key to its conversation and number', () => {
		const key = bytesOf('EK')
		expect(epochCommit(nodeHash, epoch, key)).toEqual(
			nodeHash(concatBytes(tag('kith/ek/1'), conversation, u32(2), key)),
		)
	})

	test('[VLT3] a commitment binds VK to its generation', () => {
		const key = bytesOf('VK')
		expect(vaultKeyCommit(nodeHash, 3, key)).toEqual(nodeHash(concatBytes(tag('kith/vk/1'), u32(3), key)))
	})

	test('[CNV18] a cut list has one hash, whatever the order it was gathered in', () => {
		const pages = [3, 1].map((page) => ({
			page,
			part: 0,
			streams: [
				{ clientId: 9, next: 1 },
				{ clientId: 2, next: 7 },
			],
		}))
		const list: CutList = [{ device, pages }]
		const sorted: CutList = [
			{ device, pages: [...pages].reverse().map((page) => ({ ...page, streams: [...page.streams].reverse() })) },
		]
		expect(cutHash(nodeHash, list)).toEqual(cutHash(nodeHash, sorted))
		expect(cutHash(nodeHash, list)).not.toEqual(cutHash(nodeHash, []))
	})
})

describe('account entries', () => {
	const entry = {
		idHash: alice,
		name: bytesOf('name', 16),
		hlc: 7n,
		v: 1,
		device,
		nonce: bytesOf('n', 12),
		ct: bytesOf('ct'),
	}
	const signed = { ...entry, signature: bytesOf('signature', 64) }

	test('[ENT1] names are hashed under a tag of their own', () => {
		expect(entryNameInput('draft/x')).toEqual(tag('kith/ename/1draft/x'))
	})

	test('[ENT2] AAD and signature cover account, name, hlc and generation', () => {
		const hlc = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7)
		expect(accountEntryAad(entry)).toEqual(concatBytes(tag('kith/entryaad/1'), alice, entry.name, hlc, u32(1)))
		expect(encodeAccountEntryBody(entry).slice(0, 61)).toEqual(
			concatBytes(Uint8Array.of(1), alice, entry.name, hlc, u32(1)),
		)
	})

	test('[ENT3] the later hlc wins, at equal hlc the higher device, so that all devices agree', () => {
		const later = { ...signed, hlc: 8n }
		const higher = { ...signed, device: bytesOf('z', 16).fill(0xff) }
		expect([replacesEntry(later, signed), replacesEntry(signed, later)]).toEqual([true, false])
		expect([replacesEntry(higher, signed), replacesEntry(signed, higher)]).toEqual([true, false])
		expect(replacesEntry(signed, signed)).toBe(false)
	})

	test('[ENT4] what a thief writes after the rekey is ignored', async () => {
		const story = new AccountStory('alice')
		const phone = actor('alice phone')
		story.addDevice(phone, byMethod(story.password)).revoke([phone], byMethod(story.code))
		const state = await story.state()
		const rekeyed = state.aks[1]!.time
		const isIgnored = (by: Bytes, v: number, ms: number) =>
			isIgnoredEntry({ ...signed, device: by, v, hlc: hlcOf(ms) }, state)
		const laptop = story.laptop.deviceId
		expect(isIgnored(laptop, 1, rekeyed)).toBe(false)
		expect(isIgnored(laptop, 1, rekeyed + 1)).toBe(true)
		expect(isIgnored(laptop, 2, rekeyed + 1)).toBe(false)
		expect(isIgnored(phone.deviceId, 1, rekeyed - 1)).toBe(false)
		expect(isIgnored(phone.deviceId, 1, rekeyed)).toBe(true)
		expect([0, 3].map((v) => isIgnored(laptop, v, rekeyed - 1))).toEqual([true, true])
		expect(isIgnored(bytesOf('stranger', 16), 1, rekeyed - 1)).toBe(true)
	})
})

describe('friendship', () => {
	const parties = { server, from: alice, to: bob, device, time: 5, random: bytesOf('random', 16) }
	const request = { type: 'request', ...parties } as const
	const back = { ...parties, from: bob, to: alice, request: requestHash(nodeHash, request) }
	const forth = { ...parties, request: requestHash(nodeHash, request) }
	type Step = Exclude<FriendBody, { type: 'request' }>
	const answers = (step: Step) => answersRequest(step, request, nodeHash)

	test('[FRD1] a step names instance, both accounts, device, time and 16 random bytes', () => {
		const body = encodeFriendBody(request)
		expect(body.slice(2)).toEqual(
			concatBytes(server, alice, bob, device, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5), parties.random),
		)
	})

	test('[FRD2] an answer fits its own request only, on its own instance', () => {
		expect(answers({ type: 'accept', ...back })).toBe(true)
		expect(answers({ type: 'accept', ...back, server: bytesOf('other server') })).toBe(false)
		const later = { ...request, random: bytesOf('later', 16) }
		expect(answersRequest({ type: 'accept', ...back }, later, nodeHash)).toBe(false)
	})

	test('[FRD3] who was asked answers, who asked cancels, either ends', () => {
		const types = ['accept', 'decline', 'cancel', 'end'] as const
		expect(types.filter((type) => answers({ type, ...back }))).toEqual(['accept', 'decline', 'end'])
		expect(types.filter((type) => answers({ type, ...forth }))).toEqual(['cancel', 'end'])
		expect(types.filter((type) => answers({ type, ...back, to: bytesOf('carol') }))).toEqual([])
	})
})

describe('links, pairing, profiles', () => {
	const head = { seq: 3, hash16: bytesOf('head', 16) }

	test('[LNK1] a fragment has one spelling and survives no change of it', () => {
		const friend = { type: 'friend', server, idHash: alice, head, invite: null } as const
		const fragment = encodeLinkFragment(friend)
		expect(decodeLinkFragment(fragment)).toEqual(friend)
		for (const wrong of ['', fragment.slice(1), `${fragment}A`, `${fragment}=`, `${fragment.slice(0, -1)}*`]) {
			expect(decodeLinkFragment(wrong)).toBeNull()
		}
	})

	test('[LNK2] the two keys of a room link are derived apart', () => {
		expect([linkKeyInfo('sign'), linkKeyInfo('kem')]).toEqual([tag('kith/linksig/1'), tag('kith/linkkem/1')])
	})

	const offer: PairingOffer = {
		idHash: alice,
		...keysOf(actor('phone')),
		kemKey: bytesOf('kem', 1216),
		certificate: bytesOf('certificate', 64),
		mac: bytesOf('mac'),
	}

	test('[PAIR1] the MAC covers every key of the answer', () => {
		const input = pairingMacInput(offer)
		expect(input).toEqual(
			concatBytes(tag('kith/pairmac/1'), Uint8Array.of(1), alice, offer.signingKey, offer.kemKey, offer.certificate),
		)
	})

	test('[PAIR2] six digits follow from the whole answer', () => {
		const digits = pairingDigits(nodeHash, offer)
		expect(digits).toMatch(/^[0-9]{6}$/)
		expect(pairingDigits(nodeHash, { ...offer, mac: bytesOf('other') })).not.toBe(digits)
	})

	test('[PRF1] a profile is signed with account, name, picture, hlc and device', () => {
		const profile = { idHash: alice, name: 'Al', picture: null, hlc: 7n, device }
		const rest = concatBytes(u32(2), tag('Al'), Uint8Array.of(0), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7), device)
		expect(encodeProfileBody(profile)).toEqual(concatBytes(Uint8Array.of(1), alice, rest))
	})
})

describe('markers, reports, peers, proofs', () => {
	const marker = {
		kind: 'delivered',
		device,
		hlc: 7n,
		epoch: 2,
		nonce: bytesOf('n', 12),
		ct: bytesOf('c', 24),
	} as const
	const about = { conversation, idHash: alice }
	const said = concatBytes(
		Uint8Array.of(1),
		conversation,
		alice,
		Uint8Array.of(2),
		device,
		Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7),
		u32(2),
	)

	test('[MRK1] a marker is signed with the conversation and account that it is not sent with', () => {
		expect(encodeMarkerBody(about, marker)).toEqual(concatBytes(said, marker.nonce, marker.ct))
	})

	test('[MRK2] one key for each device, bound to place and time', () => {
		expect(markerKeyInfo(device)).toEqual(concatBytes(tag('kith/marker/1'), device))
		expect(markerAad(about, marker)).toEqual(concatBytes(tag('kith/markeraad/1'), said))
	})

	test('[RPT1] a report names instance, reporter, device, time and conversation', () => {
		const body = encodeReportBody({ type: 'badBack', server, idHash: alice, device, time: 5, conversation, n: 2 })
		const time = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 5)
		expect(body).toEqual(concatBytes(Uint8Array.of(1, 3), server, alice, device, time, conversation, u32(2)))
	})

	test('[PEER1] both sides sign the same transcript, whatever order they list conversations in', () => {
		const side = (idHash: Bytes) => ({ idHash, device, fingerprint: bytesOf('fingerprint') })
		const sides = { offerer: side(alice), answerer: side(bob), sessionNonce: bytesOf('session') }
		const conversations = [conversation, device]
		const one = encodePeerTranscript({ ...sides, conversations })
		expect(encodePeerTranscript({ ...sides, conversations: [...conversations].reverse() })).toEqual(one)
		expect(
			encodePeerTranscript({ ...sides, offerer: sides.answerer, answerer: sides.offerer, conversations }),
		).not.toEqual(one)
	})

	const nonces = { clientNonce: bytesOf('client'), serverNonce: bytesOf('server nonce') }
	const bySession = { server, idHash: alice, device, sid: bytesOf('sid', 16), ...nonces }
	const proofs: readonly AuthBody[] = [
		{ use: 'socket', ...bySession },
		{ use: 'refresh', ...bySession },
		{ use: 'ticket', ...bySession },
		{ use: 'method', server, idHash: alice, methodKey: bytesOf('key'), ...nonces },
		{ use: 'link', server, conversation, linkKey: bytesOf('key'), ...nonces },
	]

	test('[AUTH1] a proof begins with its use and the instance, and ends with both nonces', () => {
		for (const [i, proof] of proofs.entries()) {
			const body = encodeAuthBody(proof)
			expect(body.slice(0, 33)).toEqual(concatBytes(Uint8Array.of(i + 1), server))
			expect(body.slice(-64)).toEqual(concatBytes(nonces.clientNonce, nonces.serverNonce))
		}
	})

	test('[AUTH2] between them stand the fixed fields of the use', () => {
		const fields = proofs.map((proof) => encodeAuthBody(proof).slice(33, -64))
		const session = concatBytes(alice, device, bySession.sid)
		const keyed = [concatBytes(alice, bytesOf('key')), concatBytes(conversation, bytesOf('key'))]
		expect(fields).toEqual([session, session, session, ...keyed])
	})
})
