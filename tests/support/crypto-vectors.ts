/**
 * The frozen vectors of the crypto room: `make` writes them (tests/vectors/make-crypto.ts), `check` opens and derives them
 * again. Pure, with no test runner and no Node in it, so that the browser suite can check them inside a page as well.
 */
import { sealAccountEntry, openAccountEntry, accountEntryName } from '#crypto/account-entry-seal.ts'
import { openAwareness, sealAwareness } from '#crypto/awareness-seal.ts'
import { openEpochBox, openVaultKeyBox, sealEpochBox, sealVaultKeyBox } from '#crypto/boxes.ts'
import { restoreDeviceKeys, storeDeviceKeys, type NewDeviceKeys } from '#crypto/device-keys.ts'
import { commitOf, deriveEpochKeys, openBack, sealBack, type EpochKey } from '#crypto/epoch.ts'
import { openEvent, sealEvent } from '#crypto/event-seal.ts'
import { hpkeOpen, hpkeSeal, seedToKemKeyPair } from '#crypto/hpke.ts'
import { openMarker, sealMarker } from '#crypto/marker-seal.ts'
import { recoveryCodeToWords, wordsToRecoveryCode } from '#crypto/recovery-code.ts'
import { safetyNumber } from '#crypto/safety-number.ts'
import { seedToSigningKey } from '#crypto/signing-key.ts'
import type { Crypto } from '#crypto/suite.ts'
import { deriveMethodKeys, methodSecretLengths } from '#crypto/unlock-methods.ts'
import { openVault, sealVault, vaultKeyRefOf } from '#crypto/vault.ts'
import { signedAccountEntry } from '#protocol/account-entry.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToHex, hexToBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode, type Codec } from '#protocol/codec.ts'
import { encodeHead, headCodec } from '#protocol/envelope.ts'
import { sealedAwareness } from '#protocol/epoch-keys.ts'
import { deviceIdOf } from '#protocol/ids.ts'
import { signedMarker } from '#protocol/marker.ts'
import { encodeBody, type Body } from '#protocol/plaintext.ts'
import type { MethodKind } from '#protocol/unlock.ts'
import { sealedVaultCodec, vaultPlaintext, type VaultPlaintext } from '#protocol/vault.ts'

/** Every value hexadecimal, but texts and numbers. */
export type CryptoVectors = Awaited<ReturnType<typeof makeCryptoVectors>>

const hexOf = bytesToHex

function bytes(hex: string): Bytes {
	const decoded = hexToBytes(hex)
	if (decoded === null) throw new Error(`not hexadecimal: ${hex}`)
	return decoded
}

function decoded<T>(codec: Codec<T>, hex: string): T {
	const result = decode(codec, bytes(hex))
	if (!result.ok) throw new Error(result.error.reason)
	return result.value
}

/** Fixed inputs: nothing here is drawn, so the frozen values can be recomputed by another implementation. */
const fill = (byte: number, length: number): Bytes => new Uint8Array(length).fill(byte)
const idHash = fill(0xa1, 32)
const conversation = fill(0xc0, 16)
const epochKey: EpochKey = { conversation, n: 2, secret: fill(0xe2, 32) }
const olderKey: EpochKey = { conversation, n: 1, secret: fill(0xe1, 32) }
const accountSeed = fill(0xaa, 32)
const vaultKey = fill(0x5a, 32)
const guid = 'c/wMDAwMDAwMDAwMDAwMDAwA/0'
const body: Body = {
	kind: 'post',
	version: 1,
	writtenAt: 1_700_000_000_000,
	prev: null,
	was: [],
	text: 'Grüße 👋',
	replyTo: null,
	mentions: [],
	attachments: [],
	forwarded: false,
}
const plaintext: VaultPlaintext = {
	accountKeys: [accountSeed],
	entryKeys: [fill(0x51, 32)],
	nameKey: fill(0x6e, 32),
	pins: [],
}

/** The device of all vectors: Ed25519 seed 0xd1 × 32, X-Wing seed 0xd2 × 32. */
async function vectorDevice(crypto: Crypto): Promise<NewDeviceKeys> {
	const signing = await seedToSigningKey(crypto, fill(0xd1, 32))
	const kem = await seedToKemKeyPair(fill(0xd2, 32))
	const named = { signingKey: signing.publicKey, kemHash: crypto.hash(kem.publicKey) }
	return { deviceId: deviceIdOf(crypto.hash, signing.publicKey), signing, kemSeed: kem.seed, kem, named }
}

async function makeMethods(crypto: Crypto) {
	const kinds = Object.entries(methodSecretLengths) as [MethodKind, number][]
	return Promise.all(
		kinds.map(async ([kind, length]) => {
			const secret = fill(0x33, length)
			const keys = await deriveMethodKeys(crypto, kind, secret)
			const { signingKey, kemHash } = keys.method
			const named = { signingKey: hexOf(signingKey), kemHash: hexOf(kemHash) }
			return { kind, secret: hexOf(secret), ...named, idHash: hexOf(idHash), bind: hexOf(keys.bind(idHash)) }
		}),
	)
}

async function makeEpoch(crypto: Crypto) {
	const device = await vectorDevice(crypto)
	const keys = deriveEpochKeys(epochKey)
	const nonce = fill(0x0c, 12)
	const back = await sealBack(crypto, epochKey, olderKey)
	return {
		conversation: hexOf(conversation),
		n: 2,
		secret: hexOf(epochKey.secret),
		commit: hexOf(commitOf(crypto, epochKey)),
		deviceId: hexOf(device.deviceId),
		nonce: hexOf(nonce),
		eventKey: hexOf(keys.event(device.deviceId, nonce)),
		awarenessKey: hexOf(keys.awareness(device.deviceId)),
		markerKey: hexOf(keys.marker(device.deviceId)),
		titleKey: hexOf(keys.title()),
		backKey: hexOf(keys.back(1)),
		back: { m: 1, nonce: hexOf(back.sealed.nonce), ct: hexOf(back.sealed.ct) },
		older: { secret: hexOf(olderKey.secret), commit: hexOf(commitOf(crypto, olderKey)) },
	}
}

async function makeSealed(crypto: Crypto) {
	const device = await vectorDevice(crypto)
	const epoch = deriveEpochKeys(epochKey)
	const event = await sealEvent(crypto, epoch, { idHash, deviceId: device.deviceId, hlc: 0x018bcfe56800_0001n, body })
	const marker = await sealMarker(crypto, { epoch, device }, { idHash, kind: 'read', hlc: 7n, recvSeq: 41 })
	const typing = utf8ToBytes('{"typing":true}')
	const awareness = await sealAwareness(crypto, epoch, {
		guid,
		clientId: 4_000_000_000,
		device: device.deviceId,
		plaintext: typing,
	})
	const name = accountEntryName(plaintext.nameKey, 'draft/test')
	const entryInput = { idHash, name, hlc: 9n, value: utf8ToBytes('draft') }
	const entry = await sealAccountEntry(crypto, { device, v: 1, entryKey: plaintext.entryKeys[0] as Bytes }, entryInput)
	return {
		event: {
			head: hexOf(encodeHead(event.head)),
			body: hexOf(encodeBody(body)),
			ct: hexOf(event.ct),
			evHash: hexOf(event.evHash),
		},
		marker: { recvSeq: 41, signed: hexOf(encode(signedMarker, marker)) },
		awareness: {
			guid,
			clientId: 4_000_000_000,
			plaintext: hexOf(typing),
			sealed: hexOf(encode(sealedAwareness, awareness)),
		},
		accountEntry: {
			name: 'draft/test',
			value: hexOf(entryInput.value),
			signed: hexOf(encode(signedAccountEntry, entry)),
		},
	}
}

async function makeBoxes(crypto: Crypto) {
	const device = await vectorDevice(crypto)
	const account = await seedToKemKeyPair(accountSeed)
	const info = utf8ToBytes('info')
	const secret = utf8ToBytes('thirty-two bytes are a fine size')
	const sealed = await hpkeSeal(crypto.random, { publicKey: account.publicKey, info }, secret)
	const epochBox = await sealEpochBox(crypto, { idHash, g: 0, publicKey: account.publicKey }, epochKey)
	const vkBox = await sealVaultKeyBox(crypto, { publicKey: device.kem.publicKey, vkGen: 1 }, vaultKey)
	const header = { idHash, version: 1, vkGen: 1, accSeq: 0, accHash: fill(0x0b, 32) }
	const vault = await sealVault(crypto, { vaultKey, device }, { header, plaintext })
	return {
		kem: { seed: hexOf(accountSeed), publicKey: hexOf(account.publicKey) },
		hpke: { info: hexOf(info), plaintext: hexOf(secret), enc: hexOf(sealed.enc), ct: hexOf(sealed.ct) },
		epochBox: { idHash: hexOf(idHash), g: 0, box: hexOf(encode(boxCodec, epochBox)) },
		vaultKeyBox: { vaultKey: hexOf(vaultKey), vkGen: 1, box: hexOf(encode(boxCodec, vkBox)) },
		vault: { plaintext: hexOf(encode(vaultPlaintext, plaintext)), sealed: hexOf(encode(sealedVaultCodec, vault)) },
	}
}

const codes = [fill(0, 20), fill(0xff, 20), Uint8Array.from({ length: 20 }, (_, i) => i * 13)]

export async function makeCryptoVectors(crypto: Crypto) {
	return {
		device: { signingSeed: hexOf(fill(0xd1, 32)), kemSeed: hexOf(fill(0xd2, 32)) },
		methods: await makeMethods(crypto),
		recoveryCodes: codes.map((code) => ({ code: hexOf(code), words: recoveryCodeToWords(code) })),
		safetyNumbers: [0x01, 0xfe].map((byte) => {
			const other = fill(byte, 32)
			return { a: hexOf(idHash), b: hexOf(other), number: safetyNumber(crypto.hash, idHash, other).join(' ') }
		}),
		epoch: await makeEpoch(crypto),
		...(await makeSealed(crypto)),
		...(await makeBoxes(crypto)),
	}
}

type Check = (crypto: Crypto, vectors: CryptoVectors) => Promise<boolean>

function isSame(a: Uint8Array | null | undefined, hex: string): boolean {
	return a != null && bytesToHex(a) === hex
}

const checks: Readonly<Record<string, Check>> = {
	async 'unlock methods'(crypto, { methods }) {
		const verdicts = methods.map(async (vector) => {
			const { method, bind } = await deriveMethodKeys(crypto, vector.kind, bytes(vector.secret))
			const keys = isSame(method.signingKey, vector.signingKey) && isSame(method.kemHash, vector.kemHash)
			return keys && isSame(bind(bytes(vector.idHash)), vector.bind)
		})
		return (await Promise.all(verdicts)).every(Boolean)
	},
	async 'recovery codes'(_, { recoveryCodes }) {
		return recoveryCodes.every(({ code, words }) => {
			const back = wordsToRecoveryCode(words)
			return recoveryCodeToWords(bytes(code)) === words && back.ok && isSame(back.value, code)
		})
	},
	async 'safety numbers'(crypto, { safetyNumbers }) {
		return safetyNumbers.every(({ a, b, number }) => safetyNumber(crypto.hash, bytes(b), bytes(a)).join(' ') === number)
	},
	async 'epoch keys'(crypto, { epoch }) {
		const key = { conversation: bytes(epoch.conversation), n: epoch.n, secret: bytes(epoch.secret) }
		const keys = deriveEpochKeys(key)
		const device = bytes(epoch.deviceId)
		return (
			isSame(commitOf(crypto, key), epoch.commit) &&
			isSame(keys.event(device, bytes(epoch.nonce)), epoch.eventKey) &&
			isSame(keys.awareness(device), epoch.awarenessKey) &&
			isSame(keys.marker(device), epoch.markerKey) &&
			isSame(keys.title(), epoch.titleKey) &&
			isSame(keys.back(1), epoch.backKey)
		)
	},
	async 'back link'(crypto, { epoch }) {
		const { m, nonce, ct } = epoch.back
		const back = { m, sealed: { nonce: bytes(nonce), ct: bytes(ct) } }
		const opened = await openBack(crypto, epochKey, { back, commit: bytes(epoch.older.commit) })
		return opened.ok && isSame(opened.value.secret, epoch.older.secret)
	},
	async event(crypto, { event }) {
		const item = { head: decoded(headCodec, event.head), ct: bytes(event.ct) }
		const opened = await openEvent(crypto, { epoch: deriveEpochKeys(epochKey), idHash, item })
		return opened.ok && isSame(encodeBody(opened.value), event.body)
	},
	async marker(crypto, { marker }) {
		const by = { epoch: deriveEpochKeys(epochKey), idHash }
		return (await openMarker(crypto, by, decoded(signedMarker, marker.signed))) === marker.recvSeq
	},
	async awareness(crypto, { awareness }) {
		const value = decoded(sealedAwareness, awareness.sealed)
		const place = { guid: awareness.guid, clientId: awareness.clientId, value }
		return isSame(await openAwareness(crypto, deriveEpochKeys(epochKey), place), awareness.plaintext)
	},
	async 'account entry'(crypto, { accountEntry }) {
		const entry = decoded(signedAccountEntry, accountEntry.signed)
		const name = accountEntryName(plaintext.nameKey, accountEntry.name)
		const value = await openAccountEntry(crypto, plaintext.entryKeys[0] as Bytes, entry)
		return isSame(name, bytesToHex(entry.name)) && isSame(value, accountEntry.value)
	},
	async hpke(_, { kem, hpke }) {
		const { publicKey, seed } = await seedToKemKeyPair(bytes(kem.seed))
		const opened = await hpkeOpen({ seed, info: bytes(hpke.info) }, { enc: bytes(hpke.enc), ct: bytes(hpke.ct) })
		return isSame(publicKey, kem.publicKey) && isSame(opened, hpke.plaintext)
	},
	async 'epoch box'(crypto, { kem, epoch, epochBox }) {
		const by = { idHash: bytes(epochBox.idHash), g: epochBox.g, seed: bytes(kem.seed) }
		const box = decoded(boxCodec, epochBox.box)
		const boxed = { conversation, n: epoch.n, commit: bytes(epoch.commit), box }
		const opened = await openEpochBox(crypto, by, boxed)
		return opened.ok && isSame(opened.value.secret, epoch.secret)
	},
	async 'vault key box'(crypto, { vaultKeyBox }) {
		const { kem } = await vectorDevice(crypto)
		const vk = vaultKeyRefOf(crypto, vaultKeyBox.vkGen, bytes(vaultKeyBox.vaultKey))
		const opened = await openVaultKeyBox(crypto, kem, { vk, box: decoded(boxCodec, vaultKeyBox.box) })
		return opened.ok && isSame(opened.value, vaultKeyBox.vaultKey)
	},
	async vault(crypto, { vault }) {
		const { signing } = await vectorDevice(crypto)
		const by = { vaultKey, signingKey: signing.publicKey }
		const opened = await openVault(crypto, by, decoded(sealedVaultCodec, vault.sealed))
		return opened.ok && isSame(encode(vaultPlaintext, opened.value), vault.plaintext)
	},
	async 'stored device keys'(crypto) {
		const device = await vectorDevice(crypto)
		const again = await restoreDeviceKeys(crypto, storeDeviceKeys(device))
		return isSame(again?.deviceId, bytesToHex(device.deviceId))
	},
}

/** The names of what does not open or derive as frozen: none, if all is well. */
export async function checkCryptoVectors(crypto: Crypto, vectors: CryptoVectors): Promise<string[]> {
	const wrong: string[] = []
	for (const [name, check] of Object.entries(checks)) {
		const right = await check(crypto, vectors).catch(() => false)
		if (!right) wrong.push(name)
	}
	return wrong
}
