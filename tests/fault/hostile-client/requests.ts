/** A member who lies in requests: logs, vaults, profiles, settings and friendships of others stay theirs. */
import { addDeviceEntry, offerDevice, retireDeviceEntry } from '#crypto/account-builder.ts'
import { sealAccountEntry } from '#crypto/account-entry-seal.ts'
import { createDirect, rotateEntry, type BoxTarget } from '#crypto/conversation-builder.ts'
import { generateDeviceKeys } from '#crypto/device-keys.ts'
import { signEntry } from '#crypto/signing-key.ts'
import { sealVault } from '#crypto/vault.ts'
import { encodeAccountBody } from '#protocol/account-log.ts'
import { signedAccountEntry } from '#protocol/account-entry.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { hlcOf } from '#protocol/hlc.ts'
import { idToText } from '#protocol/ids.ts'
import { signedEntry, type SignedEntry } from '#protocol/log-entry.ts'
import { sealedVaultCodec } from '#protocol/vault.ts'
import {
	anonymous,
	codeOf,
	friendStep,
	logIn,
	must,
	profileOf,
	toBytes,
	toText,
	vkBoxForm,
	refreshForm,
	type Person,
} from '#tests/support/http-person.ts'
import { boxForms, Mallory } from '#tests/support/fault/mallory.ts'
import type { Api } from '#sync/http-client.ts'
import { attacks } from './attacks.ts'
import { heard, world } from './one-world.ts'

const ask = (call: (api: Api) => Promise<unknown>) => codeOf(world.mallory.person.http.call(call))

const target = (account: string) => world.mallory.target(account)
const both = () => [world.mallory.person.id, world.alice.account]

async function rotation(author: { idHash: string; now?: number }, members: readonly string[]) {
	const { mallory, talk } = world
	const by = { idHash: toBytes(author.idHash), device: mallory.person.device, now: author.now ?? Date.now() }
	const input = { conversation: talk.state.id, base: talk.state.head, n: 2, previous: talk.key, moved: [] }
	return rotateEntry(mallory.crypto, by, { ...input, members: await Promise.all(members.map(target)) })
}

async function append({ rotate, boxes }: Awaited<ReturnType<typeof rotation>>, conversation = world.talk.id) {
	const entry = toText(encode(signedEntry, rotate))
	return ask((api) => api.conversations.append({ conversation, entry, boxes: boxForms(boxes) }))
}

/** A conversation that says `author` made it. */
async function create(author: Bytes, members: readonly [BoxTarget, BoxTarget]): Promise<string> {
	const { crypto, person } = world.mallory
	const made = await createDirect(crypto, { idHash: author, device: person.device, now: Date.now() }, members)
	const [first, second] = [made.create, made.rotate].map((entry) => toText(encode(signedEntry, entry)))
	return ask((api) => api.conversations.create({ create: first!, rotate: second!, boxes: boxForms(made.boxes) }))
}

const retire = (entry: SignedEntry) =>
	ask((api) => api.accounts.retireDevice({ entry: toText(encode(signedEntry, entry)) }))

const bobAsPerson = () => ({ account: { idHash: toBytes(world.bob.account) } }) as unknown as Person

/** Somebody with a session of his own, whose tokens are his to spend. */
const spender = async () => (await Mallory.signUp(world.server, `spender${++spenders}`, await world.invite())).person
let spenders = 0

/** What a sign-in on a device that is certified sends, signed for `purpose`. */
async function sessionForm(purpose: 'auth' | 'ev') {
	const { crypto, person } = world.mallory
	const method = await logIn(world.server as never, person.name, person.password)
	if (method === null) throw new Error('the password is wrong')
	const clientNonce = crypto.random(32)
	const named = { server: person.serverId, idHash: person.account.idHash, device: person.device.deviceId }
	const nonces = { clientNonce, serverNonce: toBytes(method.serverNonce) }
	const body = encodeAuthBody({ use: 'refresh', ...named, sid: new Uint8Array(16) as Bytes, ...nonces })
	return {
		methodToken: method.methodToken,
		deviceId: toText(person.device.deviceId),
		clientNonce: toText(clientNonce),
		signature: toText(await person.device.signing.sign(purpose, body)),
		transport: 'body' as const,
	}
}

const acts = {
	'a log entry in her name': async () => [await append(await rotation({ idHash: world.alice.account }, both()))],
	'a log entry of another day': async () => {
		const now = Date.now() - 86_400_000
		return [await append(await rotation({ idHash: world.mallory.person.id, now }, both()))]
	},
	'a new key without a box for her': async () => {
		const { id } = world.mallory.person
		const made = await rotation({ idHash: id }, both())
		const own = made.boxes.filter(({ idHash }) => idToText(idHash) === id)
		return [await append({ ...made, boxes: own }), await append(await rotation({ idHash: id }, [id]))]
	},
	'a new key for the conversation of others': async () => [
		await append(await rotation({ idHash: world.mallory.person.id }, both()), world.honest),
	],
	'a conversation between two others, or with no friend': async () => {
		const { mallory, alice, bob } = world
		const bobs = { ...(await target(alice.account)), idHash: toBytes(bob.account) }
		const { idHash } = mallory.person.account
		return [
			await create(toBytes(alice.account), [await target(alice.account), bobs]),
			await create(idHash, [await target(alice.account), bobs]),
			// Nor can he name the head of a log that he may not read.
			await create(idHash, [await target(mallory.person.id), bobs]),
		]
	},
	'a second conversation with her': async () => [
		await create(world.mallory.person.account.idHash, [
			await target(world.mallory.person.id),
			await target(world.alice.account),
		]),
	],
	'her device retired by his': async () => {
		const { crypto, person } = world.mallory
		const { head } = await world.mallory.accountOf(world.alice.account)
		return [await retire(await retireDeviceEntry(crypto, { head, now: Date.now() }, person.device))]
	},
	'her device retired in his own log': async () => {
		const { mallory, alice } = world
		const [hers] = (await mallory.accountOf(alice.account)).devices.values()
		const { head } = await mallory.accountOf(mallory.person.id)
		const entry = { type: 'retireDevice', seq: head.seq + 1, previous: head.hash, time: Date.now() } as const
		const body = encodeAccountBody({ ...entry, device: hers!.deviceId })
		const by = { kind: 'device', purpose: 'acct', body } as const
		const signature = await signEntry(mallory.crypto, mallory.person.device.signing, by)
		return [await retire({ body, signatures: [signature] })]
	},
	'a device of hers by his password': async () => {
		const { mallory, alice, server } = world
		const { name, password, passwordMethod, account } = mallory.person
		const { head, vk, idHash } = await mallory.accountOf(alice.account)
		const method = await logIn(server as never, name, password)
		const device = await generateDeviceKeys(mallory.crypto)
		const offer = await offerDevice(mallory.crypto, device, idHash)
		const by = { by: { method: passwordMethod }, offer, vkGen: vk.gen, vaultKey: account.vaultKey }
		const { entry, vkBox } = await addDeviceEntry(mallory.crypto, { head, now: Date.now() }, by)
		const form = { methodToken: method?.methodToken ?? '', entry: toText(encode(signedEntry, entry)) }
		const keys = { kemKey: toText(device.kem.publicKey), vkBox: vkBoxForm(vkBox) }
		return [await ask((api) => api.accounts.addDevice({ ...form, ...keys, transport: 'body' }))]
	},
	'her vault by his key': async () => {
		const { mallory, alice } = world
		const { account, device } = mallory.person
		const { head, idHash } = await mallory.accountOf(alice.account)
		const header = { idHash, version: 9, vkGen: 1, accSeq: head.seq, accHash: head.hash }
		const by = { vaultKey: account.vaultKey, device }
		const sealed = await sealVault(mallory.crypto, by, { header, plaintext: account.plaintext })
		return [await ask((api) => api.accounts.putVault({ vault: toText(encode(sealedVaultCodec, sealed)) }))]
	},
	'her name by his signature': async () => {
		const { mallory, alice } = world
		const by = { idHash: toBytes(alice.account), device: mallory.person.device }
		const profile = await profileOf(mallory.crypto, by, 'Not Alice')
		return [await ask((api) => api.accounts.putProfile({ profile }))]
	},
	'her settings by his signature': async () => {
		const { mallory, alice } = world
		const { account, device } = mallory.person
		const by = { device, v: 1, entryKey: account.plaintext.entryKeys[0]! }
		const input = { name: mallory.crypto.random(16), hlc: hlcOf(Date.now()), value: mallory.crypto.random(8) }
		const entry = await sealAccountEntry(mallory.crypto, by, { ...input, idHash: toBytes(alice.account) })
		return [await ask((api) => api.accounts.putEntry({ entry: toText(encode(signedAccountEntry, entry)) }))]
	},
	'a request in the name of Alice': async () => {
		const { mallory, alice, bob } = world
		const asAlice = { ...mallory.person, account: { ...mallory.person.account, idHash: toBytes(alice.account) } }
		const request = await friendStep(asAlice, bobAsPerson(), { type: 'request' })
		return [await ask((api) => api.friends.request({ account: bob.account, request }))]
	},
	'a friendship that nobody asked for': async () => {
		const { mallory, bob } = world
		const request = await friendStep(mallory.person, bobAsPerson(), { type: 'request' })
		const accept = await friendStep(mallory.person, bobAsPerson(), { type: 'accept', request })
		return [await ask((api) => api.friends.accept({ account: bob.account, accept }))]
	},
	'invitations without end, and those of others': async () => [
		await ask((api) => api.invites.create({ uses: 1000, days: 365 })),
		...(await Promise.all(Array.from({ length: 9 }, () => ask((api) => api.invites.create({ uses: 1, days: 365 }))))),
		await ask(async (api) => {
			await must(world.alice.api.createInvite({ uses: 1, days: 1 }))
			const { invites } = await api.invites.list()
			if (invites.some(({ usesLeft }) => usesLeft !== 1) || invites.length > 5) throw new Error('sees those of others')
		}),
	],
	'a refresh with a token that is used up': async () => {
		const person = await spender()
		const [first, again] = [await refreshForm(person), await refreshForm(person)]
		const http = anonymous(world.server)
		const next = await must(http.call((api) => api.auth.refresh(first)))
		await must(http.call(async (api) => api.auth.refresh(await refreshForm(person, { session: next }))))
		return [await codeOf(http.call((api) => api.auth.refresh(again)))]
	},
	'a sign-in token used twice': async () => {
		const form = await sessionForm('auth')
		world.mallory.person.session = await must(anonymous(world.server).call((api) => api.auth.openSession(form)))
		return [await codeOf(anonymous(world.server).call((api) => api.auth.openSession(form)))]
	},
	'a nonce that is a message: what was signed for one purpose, shown for another': async () => {
		const form = await sessionForm('ev')
		return [await codeOf(anonymous(world.server).call((api) => api.auth.openSession(form)))]
	},
}

attacks('in what he asks', acts, async () => {
	await world.aliceSees(['Hello Mallory'])
	await heard()
})
