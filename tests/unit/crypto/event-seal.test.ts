import { describe, expect, it } from 'vitest'
import { commitOf, deriveEpochKeys, matchesCommit, newEpochKey, openBack, sealBack } from '#crypto/epoch.ts'
import { openEvent, openEvents, openWithEventKey, placeEvent, sealEvent, type EventInput } from '#crypto/event-seal.ts'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { openAwareness, sealAwareness } from '#crypto/awareness-seal.ts'
import { markerClaim, openMarker, sealMarker } from '#crypto/marker-seal.ts'
import { generateDeviceKeys } from '#crypto/device-keys.ts'
import { bytesToHex, utf8ToBytes } from '#protocol/bytes.ts'
import { ciphertextHash, decodeItem, encodeHead, encodeItem, eventHash, placeMessage } from '#protocol/envelope.ts'
import { guidOf } from '#protocol/guid.ts'
import type { Body } from '#protocol/plaintext.ts'
import { cryptoVariants } from '#tests/support/crypto-variants.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

function post(text: string): Body {
	const common = { version: 1, writtenAt: 1_700_000_000_000, prev: null, was: [] } as const
	return { kind: 'post', ...common, text, replyTo: null, mentions: [], attachments: [], forwarded: false }
}

describe.each(cryptoVariants)('$name', ({ make }) => {
	async function setup() {
		const crypto = await make(seededRandom('events'))
		const key = newEpochKey(crypto, { conversation: crypto.random(16), n: 1 })
		const epoch = deriveEpochKeys(key)
		const input: EventInput = { idHash: crypto.random(32), deviceId: crypto.random(16), hlc: 77n, body: post('hello') }
		return { crypto, key, epoch, input, sealed: await sealEvent(crypto, epoch, input) }
	}

	describe('events', () => {
		it('[EV5] open for whoever has the epoch key', async () => {
			const { crypto, epoch, input, sealed } = await setup()
			expect(sealed.head).toMatchObject({ kind: 'post', epoch: 1, hlc: 77n, targets: [], expiresAt: null })
			expect(sealed.ct.length % 32).toBe(16)
			const opened = await openEvent(crypto, { epoch, idHash: input.idHash, item: sealed })
			expect(opened).toEqual({ ok: true, value: post('hello') })
		})

		it('[EV5] open under no other conversation, account, epoch or head', async () => {
			const { crypto, key, epoch, input, sealed } = await setup()
			const { idHash } = input
			const elsewhere = deriveEpochKeys({ ...key, conversation: crypto.random(16) })
			const later = deriveEpochKeys({ ...key, n: 2 })
			const attempts = [
				{ epoch: elsewhere, idHash, item: sealed },
				{ epoch: later, idHash, item: sealed },
				{ epoch, idHash: crypto.random(32), item: sealed },
				{ epoch, idHash, item: { ...sealed, head: { ...sealed.head, hlc: 78n } } },
				{ epoch, idHash, item: { ...sealed, head: { ...sealed.head, deviceId: crypto.random(16) } } },
				{ epoch, idHash, item: { ...sealed, head: { ...sealed.head, expiresAt: 5 } } },
				{ epoch, idHash, item: { ...sealed, ct: sealed.ct.slice(1) } },
			]
			const results = await openEvents(crypto, attempts)
			expect(results).toEqual(attempts.map(() => ({ ok: false, error: { type: 'not-opened' } })))
		})

		it('[EV6] have one id, and a signature for each place', async () => {
			const { crypto, epoch, input, sealed } = await setup()
			const device = await generateSigningKey(crypto)
			const guid = guidOf({ conversation: epoch.conversation, page: 0, part: 0 })
			const place = { incarnation: 1, clock: 0, logSeq: 1, logHash: crypto.random(16) }
			const item = await placeEvent(crypto, device, { event: sealed, guid, place })
			expect(decodeItem(encodeItem(item))).toEqual({ ok: true, value: item })
			const ctHash = ciphertextHash(crypto.hash, item)
			const head = encodeHead(item.head)
			const evHash = eventHash(crypto.hash, { convId: epoch.conversation, idHash: input.idHash, head, ctHash })
			expect(bytesToHex(evHash)).toBe(bytesToHex(sealed.evHash))
			expect(bytesToHex(sealed.eventId)).toBe(bytesToHex(evHash.slice(0, 16)))
			const message = placeMessage(crypto.hash, { guid, place, evHash })
			const moved = placeMessage(crypto.hash, { guid, place: { ...place, clock: 1 }, evHash })
			const claims = [message, moved].map((each) => ({
				key: device.publicKey,
				message: each,
				signature: item.signature,
			}))
			expect(await crypto.verify(claims)).toEqual([true, false])
		})

		it('[RPT1] the key of one event opens it alone', async () => {
			const { crypto, epoch, input, sealed } = await setup()
			const { idHash, deviceId } = input
			const other = await sealEvent(crypto, epoch, input)
			const eventKey = epoch.event(deviceId, sealed.head.nonce)
			const { conversation } = epoch
			expect(await openWithEventKey(crypto, eventKey, { conversation, idHash, item: sealed })).toMatchObject({
				ok: true,
			})
			expect(await openWithEventKey(crypto, eventKey, { conversation, idHash, item: other })).toMatchObject({
				ok: false,
			})
		})

		it('a batch keeps its order, whatever fails in it', async () => {
			const { crypto, epoch, input } = await setup()
			const texts = Array.from({ length: 150 }, (_, i) => `message ${i}`)
			const sealed = await Promise.all(texts.map((text) => sealEvent(crypto, epoch, { ...input, body: post(text) })))
			const items = sealed.map((item, i) => (i % 50 === 7 ? { ...item, ct: item.ct.slice(2) } : item))
			const results = await openEvents(
				crypto,
				items.map((item) => ({ epoch, idHash: input.idHash, item })),
			)
			const read = results.map((result) => (result.ok && result.value.kind === 'post' ? result.value.text : null))
			expect(read).toEqual(texts.map((text, i) => (i % 50 === 7 ? null : text)))
		})

		it('a redact carries its targets in clear and has no expiry', async () => {
			const { crypto, epoch, input } = await setup()
			const target = crypto.random(16)
			const body: Body = { kind: 'redact', version: 1, writtenAt: 1, prev: null, was: [], reason: null }
			const sealed = await sealEvent(crypto, epoch, { ...input, body, targets: [target] })
			expect(sealed.head.targets).toEqual([target])
			const opened = await openEvent(crypto, { epoch, idHash: input.idHash, item: sealed })
			expect(opened).toEqual({ ok: true, value: body })
			await expect(sealEvent(crypto, epoch, { ...input, body })).rejects.toThrow()
		})
	})

	describe('epochs', () => {
		it('[EPO5] a commitment fits one key, epoch and conversation', async () => {
			const { crypto, key } = await setup()
			const commit = commitOf(crypto, key)
			expect(matchesCommit(crypto, key, commit)).toBe(true)
			expect(matchesCommit(crypto, { ...key, n: 2 }, commit)).toBe(false)
			expect(matchesCommit(crypto, { ...key, conversation: crypto.random(16) }, commit)).toBe(false)
			expect(matchesCommit(crypto, { ...key, secret: crypto.random(32) }, commit)).toBe(false)
		})

		it('[EPO8] a back link gives the older key, checked against its commitment', async () => {
			const { crypto, key } = await setup()
			const next = newEpochKey(crypto, { conversation: key.conversation, n: 2 })
			const back = await sealBack(crypto, next, key)
			const commit = commitOf(crypto, key)
			expect(await openBack(crypto, next, { back, commit })).toEqual({ ok: true, value: key })
			expect(await openBack(crypto, key, { back, commit })).toEqual({ ok: false, error: { type: 'damaged' } })
			const moved = { ...back, m: 3 }
			expect(await openBack(crypto, next, { back: moved, commit })).toEqual({ ok: false, error: { type: 'damaged' } })
		})

		it('[EPO8] a back link to a key that somebody made up is found', async () => {
			const { crypto, key } = await setup()
			const next = newEpochKey(crypto, { conversation: key.conversation, n: 2 })
			const forged = await sealBack(crypto, next, { ...key, secret: crypto.random(32) })
			const opened = await openBack(crypto, next, { back: forged, commit: commitOf(crypto, key) })
			expect(opened).toEqual({ ok: false, error: { type: 'wrong-key' } })
		})

		it('[EPO7] no two uses of an epoch share a key', async () => {
			const { crypto, epoch } = await setup()
			const [device, other] = [crypto.random(16), crypto.random(16)]
			const keys = [
				epoch.event(device, new Uint8Array(12)),
				epoch.event(other, new Uint8Array(12)),
				...[device, other].flatMap((each) => [epoch.awareness(each), epoch.marker(each)]),
				epoch.title(),
				epoch.back(1),
				epoch.back(2),
			]
			expect(new Set(keys.map(bytesToHex)).size).toBe(keys.length)
		})
	})

	it('[MRK2] markers are read by members and belong to one device, place and kind', async () => {
		const { crypto, epoch } = await setup()
		const device = await generateDeviceKeys(crypto)
		const idHash = crypto.random(32)
		const marker = await sealMarker(crypto, { epoch, device }, { idHash, kind: 'read', hlc: 9n, recvSeq: 41 })
		expect(await openMarker(crypto, { epoch, idHash }, marker)).toBe(41)
		expect(await openMarker(crypto, { epoch, idHash }, { ...marker, kind: 'delivered' })).toBeNull()
		expect(await openMarker(crypto, { epoch, idHash: crypto.random(32) }, marker)).toBeNull()
		expect(await openMarker(crypto, { epoch, idHash }, { ...marker, epoch: 2 })).toBeNull()
		const { conversation } = epoch
		const signingKey = device.signing.publicKey
		const claims = [
			markerClaim(crypto, marker, { conversation, idHash, signingKey }),
			markerClaim(crypto, { ...marker, hlc: 10n }, { conversation, idHash, signingKey }),
		]
		expect(await crypto.verify(claims)).toEqual([true, false])
	})

	it('[EPO9] awareness belongs to one page, clientID and device', async () => {
		const { crypto, epoch } = await setup()
		const place = { guid: guidOf({ conversation: epoch.conversation, page: 2, part: 0 }), clientId: 2 ** 31 + 5 }
		const plaintext = utf8ToBytes('{"typing":true}')
		const value = await sealAwareness(crypto, epoch, { ...place, device: crypto.random(16), plaintext })
		expect(await openAwareness(crypto, epoch, { ...place, value })).toEqual(plaintext)
		expect(await openAwareness(crypto, epoch, { ...place, clientId: 1, value })).toBeNull()
		expect(await openAwareness(crypto, epoch, { ...place, guid: `${place.guid}.1`, value })).toBeNull()
		const stolen = { ...value, device: crypto.random(16) }
		expect(await openAwareness(crypto, epoch, { ...place, value: stolen })).toBeNull()
		expect(await openAwareness(crypto, epoch, { ...place, value: { ...value, epoch: 2 } })).toBeNull()
	})
})
