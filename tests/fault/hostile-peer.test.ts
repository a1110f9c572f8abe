/**
 * A hostile device in a friend's place: certified, proven, and free to say over its channel whatever it likes (SPEC PEER). Each
 * attack is refused and ends the session, or changes nothing; the conversation is what it was, and goes on by the server.
 */
import { describe, expect, test, vi } from 'vitest'
import type { ChatView, ConversationId, FileView } from '#core/api.ts'
import { peerLimits } from '#core/peers/limits.ts'
import { kemXWing } from '#protocol/box.ts'
import type { Bytes } from '#protocol/bytes.ts'
import { guidOf, parseGuid } from '#protocol/guid.ts'
import { textToId } from '#protocol/ids.ts'
import { KEM_ENCAPSULATION_LENGTH } from '#protocol/limits.ts'
import type { PageItem } from '#protocol/page-codec.ts'
import { decodePageMessage, encodePageMessage } from '#protocol/page-messages.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame } from '#protocol/peer-frames.ts'
import { fileNamed, filesUntil, hashOfFile, hashOfNew } from '../support/files.ts'
import { PeerNetwork, type PeerHost } from '../support/peer-network.ts'
import { peopled, world } from '../support/story.ts'
import { must, now, textsUntil, until } from '../support/watching.ts'
import { befriend, offlineUntil, onlineUntil, openDirect, post, type Person } from '../support/world.ts'

interface Scene {
	readonly alice: Person
	readonly bob: Person
	readonly conversation: ConversationId
	readonly id: Bytes
	readonly guid: string
	/** Over Bob's proven channel to Alice. */
	readonly say: (frame: PeerFrame | Bytes) => void
	/** What Bob's client said so far, newest last. */
	readonly said: () => readonly PeerFrame[]
	/** A message of Bob's, as he gave it to Alice directly. */
	readonly item: PageItem
}

const texts = ['By the server', 'Directly']

/** Alice has two messages of Bob, one of them directly, and a session with his device. */
async function scene(): Promise<Scene & { readonly end: () => Promise<void> }> {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await post(bob, conversation, texts[0] as string)
	await textsUntil(alice.api, conversation, texts.slice(0, 1))
	await directUntil(alice, conversation, 1)
	await here.stop()
	await offlineUntil(alice)
	await offlineUntil(bob)
	await post(bob, conversation, texts[1] as string)
	await textsUntil(alice.api, conversation, texts)
	const host = bob.peerHost
	if (host === null) throw new Error('no network')
	const said = () =>
		host.said('alice').flatMap((raw) => ((frame) => (frame.ok ? [frame.value] : []))(decodePeerFrame(raw)))
	const id = textToId('conversation', conversation) as Bytes
	return {
		...{ alice, bob, conversation, id, guid: guidOf({ conversation: id, page: 0, part: 0 }), said },
		say: (frame) => host.say('alice', frame instanceof Uint8Array ? frame : encodePeerFrame(frame)),
		item: said().flatMap(itemsIn).at(-1) as PageItem,
		end: async () => {
			await textsUntil(alice.api, conversation, texts)
			await here.start()
			await onlineUntil(alice)
			await onlineUntil(bob)
			await post(bob, conversation, 'Still here')
			await textsUntil(alice.api, conversation, [...texts, 'Still here'])
			expect(await here.server.storedItems()).toHaveLength(3)
		},
	}
}

function itemsIn(frame: PeerFrame): readonly PageItem[] {
	if (frame.t !== 'page') return []
	const message = decodePageMessage(frame.message)
	return message.ok && (message.value.type === 'update' || message.value.type === 'step2') ? message.value.items : []
}

const directUntil = ({ api }: Person, conversation: ConversationId, peers: number) =>
	until(api, { view: 'conversation', of: conversation, is: (view) => view?.peers === peers })

const update = (guid: string, ...items: readonly PageItem[]): PeerFrame => ({
	...{ t: 'page', guid },
	message: encodePageMessage({ type: 'update', items }),
})

/** Where in an item (SPEC EV): after form, version, kind and flags; and within the text, after head and length. */
const deviceAt = 6
const ciphertextAt = 60

function withByte(content: Bytes, at: number): Bytes {
	const changed = content.slice()
	changed[at] = (changed[at] as number) ^ 1
	return changed
}

const filled = (value: number, length: number) => new Uint8Array(length).fill(value) as Bytes

const elsewhere = guidOf({ conversation: new Uint8Array(16).fill(9) as Bytes, page: 0, part: 0 })

/** What ends the session. */
const offences: Readonly<Record<string, (scene: Scene) => void>> = {
	'a message again, as if it were the next': ({ say, guid, item }) =>
		say(update(guid, { ...item, clock: item.clock + 1 })),
	'a message with another text': ({ say, guid, item }) =>
		say(update(guid, { ...item, content: withByte(item.content, ciphertextAt) })),
	'a message in the name of another device': ({ say, guid, item }) =>
		say(update(guid, { ...item, clock: item.clock + 1, content: withByte(item.content, deviceAt) })),
	'a message put into another page': ({ say, guid, item }) => {
		const address = parseGuid(guid)
		if (address !== null) say(update(guidOf({ ...address, page: 1 }), { ...item, clock: 0 }))
	},
	'bytes that are no frame': ({ say }) => say(new Uint8Array([1, 99, 0]) as Bytes),
	'a greeting after the greeting': ({ say, said }) => say(said().find(({ t }) => t === 'hello') as PeerFrame),
	'heads of a conversation that is not shared': ({ say }) =>
		say({ t: 'heads', conversation: new Uint8Array(16).fill(9) as Bytes, logSeq: 0, pages: [] }),
	'items of a conversation that is not shared': ({ say, item }) => say(update(elsewhere, item)),
	awareness: ({ say, guid }) => say({ t: 'page', guid, message: encodePageMessage({ type: 'query-awareness' }) }),
	'a proof of another session': ({ say, said }) => {
		const proof = said().find(({ t }) => t === 'proof') as Extract<PeerFrame, { t: 'proof' }>
		say({ ...proof, signature: withByte(proof.signature, 0) })
	},
	'heads of what it does not have, again and again': ({ say, id }) => {
		for (let i = 0; i <= peerLimits.vainTimes; i++)
			say({ t: 'heads', conversation: id, logSeq: 0, pages: [{ page: 0, part: 0, digest: filled(i, 16) }] })
	},
	'a chunk that nobody asked for': ({ say }) => say({ t: 'chunk', request: 1, offset: 0, bytes: filled(1, 100) }),
	'a key that nobody asked for': ({ say, id }) => {
		const box = { version: 1, kem: kemXWing, enc: filled(1, KEM_ENCAPSULATION_LENGTH), ct: filled(2, 48) } as const
		say({ t: 'box', conversation: id, epoch: 2, g: 0, box })
	},
	'questions about files of a conversation that is not shared': ({ say }) =>
		say({ t: 'askBlob', conversation: filled(9, 16), blob: filled(8, 16) }),
	'what it has of a file of such a one, and a chunk asked of it': ({ say }) =>
		say({ t: 'askChunk', conversation: filled(9, 16), blob: filled(8, 16), request: 1, index: 0 }),
	'more chunks asked for than one waits for': ({ say, id }) => {
		const ask = { t: 'askChunk', conversation: id, blob: filled(8, 16), index: 0 } as const
		for (let request = 0; request < peerLimits.chunksOwed * 64; request++) say({ ...ask, request })
	},
	'a log of an account that nobody asked for': ({ say }) =>
		say({
			t: 'account',
			device: filled(1, 16),
			idHash: filled(2, 32),
			entries: [],
			head: filled(3, 9),
			g: 0,
			key: filled(4, 9),
		}),
	'questions about more devices than there are': ({ say, id }) => {
		for (let i = 0; i <= peerLimits.devicesAsked; i++) say({ t: 'askDevice', conversation: id, device: filled(i, 16) })
	},
	'rows of a page that nobody asked for': ({ say }) =>
		say({ t: 'rows', request: 1, last: true, update: filled(1, 100) }),
	'a page of a conversation that is not shared': ({ say }) =>
		say({ t: 'askPage', request: 1, conversation: filled(9, 16), page: 0, part: 0, digest: filled(1, 16) }),
	'more pages asked for than one waits for': ({ say, id }) => {
		const ask = { t: 'askPage', conversation: id, page: 0, part: 0, digest: filled(1, 16) } as const
		for (let request = 0; request < peerLimits.pagesOwed * 64; request++) say({ ...ask, request })
	},
	'a flood': ({ say }) => {
		for (let i = 0; i <= peerLimits.framesBurst + peerLimits.framesPerSecond * 60; i++)
			say({ t: 'status', online: false })
	},
}

/** What changes nothing, and is no offence by itself. */
const noise: Readonly<Record<string, (scene: Scene) => void>> = {
	'everything that was said before, said again': ({ say, said }) => {
		for (const frame of said().filter(({ t }) => t !== 'hello' && t !== 'proof')) say(frame)
	},
	'heads of pages that nobody has': ({ say, id }) => {
		const digest = new Uint8Array(16).fill(7) as Bytes
		const pages = Array.from({ length: 512 }, (_, page) => ({ page: page * 7 + 2, part: page % 16, digest }))
		say({ t: 'heads', conversation: id, logSeq: 0, pages })
		say({ t: 'heads', conversation: id, logSeq: 2 ** 32 - 1, pages })
	},
	'a log that the server did not sign': ({ say, id }) => {
		const junk = new Uint8Array(300).fill(3) as Bytes
		say({ t: 'log', conversation: id, from: 2, entries: [junk], head: junk })
	},
	'that it has files that nobody wants': ({ say, id }) => {
		for (let i = 0; i < 200; i++)
			say({ t: 'blob', conversation: id, blob: filled(i, 16), fetching: true, chunks: filled(255, 2048) })
	},
	'that everything was taken': ({ say, guid }) => {
		const places = Array.from({ length: 512 }, (_, clock) => ({ clientId: BigInt(clock), clock }))
		say({ t: 'taken', guid, places })
	},
}

const isNotes = ({ kind }: ChatView) => kind === 'notes'

describe('[PEER3][PEER4][PEER7][PEER12] what no honest device says', () => {
	for (const [name, attack] of Object.entries(offences))
		test(`${name} ends the session`, async () => {
			const stage = await scene()
			attack(stage)
			await directUntil(stage.alice, stage.conversation, 0)
			await stage.end()
			expect((await now(stage.alice.api, 'conversation', stage.conversation))?.peers).toBe(0)
		})
})

describe('[PEER4][PEER6] what an honest device may say and means nothing', () => {
	for (const [name, attack] of Object.entries(noise))
		test(`${name} changes nothing`, async () => {
			const stage = await scene()
			attack(stage)
			const heard = stage.said().length
			// Its question is answered, after all that came before.
			stage.say({ t: 'page', guid: stage.guid, message: encodePageMessage({ type: 'step1', vector: new Map() }) })
			await vi.waitFor(() => {
				const answers = stage.alice.peerHost?.said('bob').flatMap((raw) => {
					const frame = decodePeerFrame(raw)
					return frame.ok && itemsIn(frame.value).length >= 2 ? [frame.value] : []
				})
				expect(answers).not.toEqual([])
			}, 20_000)
			expect(heard).toBeGreaterThan(0)
			await directUntil(stage.alice, stage.conversation, 1)
			await stage.end()
		})
})

/** What Alice answers to questions about files that Bob's client has not put, and so would take for an offence: it never hears them. */
function answersOf({ alice }: Scene) {
	const chunks: Extract<PeerFrame, { t: 'chunk' }>[] = []
	const blobs: Extract<PeerFrame, { t: 'blob' }>[] = []
	const host = alice.peerHost as PeerHost
	host.twist = (raw) => {
		const frame = decodePeerFrame(raw)
		if (!frame.ok) return raw
		if (frame.value.t === 'chunk') chunks.push(frame.value)
		else if (frame.value.t === 'blob') blobs.push(frame.value)
		else return raw
		return null
	}
	return { blobs, until: (count: number) => vi.waitFor(() => expect(chunks).toHaveLength(count), 20_000), chunks }
}

describe('[PEER10] files that are none of its business', () => {
	test('a file of a conversation that it does not read, and one that is nowhere, are the same: nothing, and no chunk', async () => {
		const stage = await scene()
		const { alice, bob, conversation, id, say } = stage
		const chats = await until(alice.api, { view: 'chats', of: null, is: (all) => all.some(isNotes) })
		const notes = chats.find(isNotes)?.conversation ?? ''
		must(await alice.api.post({ conversation: notes, text: 'mine', files: [fileNamed('mine', 1000)] }))
		const [mine] = await filesUntil(alice, notes)
		must(await alice.api.post({ conversation, text: 'ours', files: [fileNamed('ours', 1000)] }))
		const [ours] = await filesUntil(bob, conversation)
		const blobOf = (blob: string | undefined) => new Uint8Array(Buffer.from(blob ?? '', 'base64url')) as Bytes
		const answers = answersOf(stage)
		for (const [request, blob] of [blobOf(mine?.blob), filled(8, 16), blobOf(ours?.blob)].entries()) {
			say({ t: 'askBlob', conversation: id, blob })
			say({ t: 'askChunk', conversation: id, blob, request, index: 0 })
		}
		await answers.until(3)
		expect(answers.blobs.map(({ chunks }) => chunks.length)).toEqual([0, 0, 1])
		expect(answers.chunks.map(({ bytes }) => bytes.length)).toEqual([0, 0, 1016])
		await directUntil(alice, conversation, 1)
	})

	test('the same chunk again and again is given a few times, and then no more', async () => {
		const stage = await scene()
		const { alice, bob, conversation, id, say } = stage
		must(await alice.api.post({ conversation, text: 'ours', files: [fileNamed('ours', 1000)] }))
		const [ours] = await filesUntil(bob, conversation)
		const blob = new Uint8Array(Buffer.from(ours?.blob ?? '', 'base64url')) as Bytes
		const answers = answersOf(stage)
		for (let request = 0; request <= peerLimits.timesGiven; request++)
			say({ t: 'askChunk', conversation: id, blob, request, index: 0 })
		await answers.until(peerLimits.timesGiven + 1)
		const given = answers.chunks.map(({ bytes }) => bytes.length)
		expect(given).toEqual([...Array.from({ length: peerLimits.timesGiven }, () => 1016), 0])
		await directUntil(alice, conversation, 1)
	})
})

test('[PEER11] a poisoned chunk is refused and ends the session; the file comes from the server', async () => {
	const here = await world({ peers: new PeerNetwork() })
	const { alice, bob } = await peopled(here, ['alice', 'bob'])
	await befriend(alice, bob)
	const conversation = await openDirect(alice, bob)
	await directUntil(alice, conversation, 1)
	const film = fileNamed('film', 3_000_000)
	must(await bob.api.post({ conversation, text: 'film', files: [film] }))
	const [shown] = (await filesUntil(alice, conversation)) as [FileView]
	const host = bob.peerHost as PeerHost
	let poisoned = 0
	host.twist = (raw) => {
		const frame = decodePeerFrame(raw)
		if (!frame.ok || frame.value.t !== 'chunk' || frame.value.offset > 0) return raw
		poisoned++
		return encodePeerFrame({ ...frame.value, bytes: withByte(frame.value.bytes, 50) })
	}
	must(await alice.api.fetchFile({ conversation, blob: shown.blob }))
	expect(await hashOfFile(alice.api, conversation, shown)).toBe(await hashOfNew(film))
	expect(poisoned).toBeGreaterThan(0)
	expect((await now(alice.api, 'conversation', conversation))?.peers).toBe(0)
})
