/**
 * An independent reader: all that somebody has on his device, and a dump of the server. It asks no rule who may read what; it tries
 * every secret on every box, follows every back link, and tries every key on every event. What opens, opens.
 */
import { vaultRow } from '#core/account-rows.ts'
import { epochRow } from '#core/conversation-rows.ts'
import { createRecords } from '#core/records.ts'
import { openEpochBox, openLinkBox } from '#crypto/boxes.ts'
import { commitOf, deriveEpochKeys, openBack, type EpochKey } from '#crypto/epoch.ts'
import { openEvents } from '#crypto/event-seal.ts'
import { deriveLinkKeys } from '#crypto/link-keys.ts'
import { createStorageWrap, importStorageKey } from '#crypto/storage-wrap.ts'
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import { openVault } from '#crypto/vault.ts'
import { openNodeStorage } from '#platform/node/node-storage.ts'
import { storageKeyFile } from '#platform/node/storage-key-file.ts'
import { systemRandom } from '#platform/system-ports.ts'
import { boxCodec } from '#protocol/box.ts'
import { bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { decode } from '#protocol/codec.ts'
import { decodeItem, type FullItem } from '#protocol/envelope.ts'
import { textToId } from '#protocol/ids.ts'
import { parseRoomLink } from '#core/room-links.ts'
import { metaKeys } from '#store/keys.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import type { Domain } from '#server/domain/domain.ts'
import type { Person } from './world.ts'

/** All secrets of a device: account keys of the vault, epoch keys that it keeps. */
export interface Secrets {
	readonly idHash: Bytes | null
	readonly seeds: readonly Bytes[]
	readonly epochKeys: readonly Bytes[]
	/** Of links that somebody holds. */
	readonly links: readonly Bytes[]
}

/** Closes the client: the store is read as a thief would find it, with its key. */
export async function secretsOf(person: Person, server: Domain): Promise<Secrets> {
	await person.api.close()
	const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
	const wrap = createStorageWrap(
		crypto,
		await importStorageKey(crypto, await storageKeyFile(crypto, `${person.store}.key`)),
	)
	const storage = await openNodeStorage({ path: person.store, access: 'lead' })
	const records = createRecords(storage, wrap)
	const vault = await records.get(vaultRow, { store: 'meta', key: metaKeys.vault })
	const epochs = await records.all(epochRow, 'boxes')
	await storage.close()
	const sealed = decode(sealedVaultCodec, vault!.vault)
	if (!sealed.ok) throw new Error('no vault')
	const idHash = textToId('account', person.account)!
	const state = await server.accountStates.get(idHash)
	const { signingKey } = state!.devices.get(bytesToBase64url(sealed.value.device))!
	const opened = await openVault(crypto, { vaultKey: vault!.vaultKey, signingKey }, sealed.value)
	if (!opened.ok) throw new Error('the vault does not open')
	return { idHash, seeds: opened.value.accountKeys, epochKeys: epochs.map(({ value }) => value.key), links: [] }
}

/** Who holds nothing but a link. */
export function secretsOfLink(url: string): Secrets {
	return { idHash: null, seeds: [], epochKeys: [], links: [parseRoomLink(url)!.secret] }
}

/** Texts of a conversation that these secrets open in a dump of the server, in the order of storing. */
export async function readableWith(secrets: Secrets, server: Domain, conversation: string): Promise<string[]> {
	const crypto = await createCrypto({ random: systemRandom, keyForm: 'seed' })
	const id = textToId('conversation', conversation)!
	const keys = await keysWith(crypto, secrets, { server, id })
	return openAll(crypto, keys, { server, id })
}

interface Dump {
	readonly server: Domain
	readonly id: Bytes
}

async function keysWith(crypto: Crypto, secrets: Secrets, { server, id }: Dump): Promise<Map<number, EpochKey>> {
	const state = (await server.conversationStates.get(id))!
	const keys = new Map<number, EpochKey>()
	const accounts = [...state.roles.keys()].map((key) => textToId('account', key)!)
	for (const { n, commit } of state.epochs) {
		for (const secret of secrets.epochKeys) {
			const key = { conversation: id, n, secret }
			if (isKeyOf(crypto, key, commit)) keys.set(n, key)
		}
	}
	for (const account of accounts) {
		for (const { epoch, g, box: bytes } of await server.repositories.epochBoxes.of(id, account)) {
			const box = decode(boxCodec, bytes)
			const { commit } = state.epochs[epoch - 1]!
			if (!box.ok || keys.has(epoch)) continue
			for (const seed of secrets.seeds) {
				const opened = await openEpochBox(
					crypto,
					{ idHash: account, g, seed },
					{ conversation: id, n: epoch, commit, box: box.value },
				)
				if (opened.ok) keys.set(epoch, opened.value)
			}
		}
	}
	for (const secret of secrets.links) {
		const link = await deriveLinkKeys(crypto, secret)
		for (const { epoch, box: bytes } of await server.repositories.rooms.linkBoxes(id)) {
			const box = decode(boxCodec, bytes)
			const { commit } = state.epochs[epoch - 1]!
			if (!box.ok) continue
			const by = { link: link.id, seed: link.kem.seed }
			const opened = await openLinkBox(crypto, by, { conversation: id, n: epoch, commit, box: box.value })
			if (opened.ok) keys.set(epoch, opened.value)
		}
	}
	for (const { n, back } of state.epochs.toReversed()) {
		const key = keys.get(n)
		if (key === undefined || back === null || keys.has(back.m)) continue
		const opened = await openBack(crypto, key, { back, commit: state.epochs[back.m - 1]!.commit })
		if (opened.ok) keys.set(back.m, opened.value)
	}
	return keys
}

function isKeyOf(crypto: Crypto, key: EpochKey, commit: Bytes): boolean {
	return bytesToBase64url(commitOf(crypto, key)) === bytesToBase64url(commit)
}

async function openAll(crypto: Crypto, keys: ReadonlyMap<number, EpochKey>, { server, id }: Dump): Promise<string[]> {
	const { events, devices } = server.repositories
	const counters = await events.counters(id)
	const pages = counters === null ? [] : await events.pages(counters.id, 0)
	const texts: { recv: number; text: string }[] = []
	for (const { id: page } of pages) {
		for (const { recv, bytes } of await events.rows(page)) {
			const item = decodeItem(bytes)
			if (!item.ok || item.value.form !== 'full') continue
			const idHash = await devices.owner(item.value.head.deviceId)
			for (const key of keys.values()) {
				const input = { epoch: deriveEpochKeys(key), idHash: idHash!, item: item.value as FullItem }
				const [body] = await openEvents(crypto, [input])
				if (body?.ok === true && body.value.kind === 'post') texts.push({ recv, text: body.value.text })
			}
		}
	}
	return texts.sort((a, b) => a.recv - b.recv).map(({ text }) => text)
}
