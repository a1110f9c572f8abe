import { describe, expect, it } from 'vitest'
import { createAccounts } from '#core/accounts.ts'
import { createConversationLogs } from '#core/conversation-logs.ts'
import { createEpochKeyring } from '#core/epoch-keys.ts'
import { createPins } from '#core/pins.ts'
import { createRecords } from '#core/records.ts'
import { rotateEntry } from '#crypto/conversation-builder.ts'
import { generateSigningKey } from '#crypto/signing-key.ts'
import { padConversationId } from '#protocol/ids.ts'
import { chainHash } from '#protocol/log-entry.ts'
import { corePeople, direct, entryText, storyTime, type CoreActor, type CoreDirect } from '../../support/core-people.ts'
import { fakeHttp, forksOf, headCheck, memoryDevice, Refused, selfOf } from '../../support/core-client.ts'

type Answer = Awaited<ReturnType<CoreDirect['log']>>

async function setup(seed: string) {
	const people = await corePeople(`logs ${seed}`)
	const [alice, bob, mallory] = [
		await people.person('alice'),
		await people.person('bob'),
		await people.person('mallory'),
	]
	const talk = await direct(people, bob, alice)
	const device = await memoryDevice(people)
	const server: {
		lie: (answer: Answer) => Answer | Promise<Answer>
		reachable: boolean
		talk: CoreDirect
		knows: CoreActor[]
	} = {
		...{ lie: (answer) => answer, reachable: true, talk, knows: [alice, bob, mallory] },
	}
	const start = async () => {
		const storage = await device.open()
		const records = createRecords(storage, device.wrap)
		const { crypto } = people
		const http = fakeHttp({
			'accounts.log': ({ account, from }: { account: string; from: number }) => {
				const actor = server.knows.find(({ id }) => id === account)
				if (actor === undefined || !server.reachable) throw new Refused('offline')
				return people.accountLog(actor, { from })
			},
			'conversations.log': async ({ from }: { from: number }) => {
				if (!server.reachable) throw new Refused('offline')
				return server.lie(await server.talk.log(alice, from))
			},
		})
		const failed = () => {}
		const checkHead = headCheck(people)
		const forks = forksOf(people, records)
		const accounts = createAccounts({
			forks,
			records,
			storage,
			crypto,
			http,
			checkHead,
			pins: createPins(() => []),
			presence: () => null,
			failed,
		})
		await accounts.restore()
		const keyring = createEpochKeyring({ records, crypto, self: selfOf(people, alice) })
		const logs = createConversationLogs({
			records,
			storage,
			crypto,
			http,
			isOurs: ({ roles }) => roles.has(alice.id),
			accounts,
			forks,
			checkHead,
			keyring,
		})
		await logs.restore()
		const rows = () => storage.transaction('read', ['conversationLogs'], (tx) => tx.count('conversationLogs'))
		return { logs, keyring, http, rows, accounts }
	}
	return { people, alice, bob, mallory, talk, server, start, ...(await start()) }
}

const refused = { ok: false, error: { type: 'not-verified', what: 'server' } }

describe('a log', () => {
	it('under a signed head is believed, its key opened, and both are there after a restart without a network', async () => {
		const { logs, keyring, talk, server, start, bob, alice } = await setup('good')
		const told: string[] = []
		logs.onChange((id) => void told.push(id))
		expect(await logs.sync(talk.id)).toMatchObject({ ok: true, value: { head: { seq: 1 } } })
		expect([...(logs.known(talk.id)?.members.keys() ?? [])].sort()).toEqual([alice.id, bob.id].sort())
		expect((await keyring.keys(talk.id, 1))?.n).toBe(1)
		expect(new Set(told)).toEqual(new Set([talk.id]))
		server.reachable = false
		const again = await start()
		expect(again.logs.all().map(({ head }) => head.seq)).toEqual([1])
		expect((await again.keyring.keys(talk.id, 1))?.n).toBe(1)
	})

	it('tells of a change, and not of an answer that brought nothing', async () => {
		const { logs, talk } = await setup('quiet')
		await logs.sync(talk.id)
		const told: string[] = []
		logs.onChange((id) => void told.push(id))
		for (let i = 0; i < 3; i++) await logs.sync(talk.id)
		expect(told).toEqual([])
	})

	const lies: Record<string, (world: Awaited<ReturnType<typeof setup>>) => Promise<(answer: Answer) => Answer>> = {
		'under a head that another key signed': async ({ people, talk }) => {
			const other = await generateSigningKey(people.crypto)
			const head = await people.head(padConversationId(talk.made.conversation), talk.state.head, other)
			return (answer) => ({ ...answer, log: { ...answer.log, head } })
		},
		'under a head of another conversation': async ({ people, talk, alice }) => {
			const head = await people.head(alice.idHash, talk.state.head)
			return (answer) => ({ ...answer, log: { ...answer.log, head } })
		},
		'without a head': async () => (answer) => ({ ...answer, log: { ...answer.log, head: 'AAAA' } }),
		'under a head of its first entry only': async ({ people, talk }) => {
			const { hashes } = talk.state
			const head = await people.head(padConversationId(talk.made.conversation), { seq: 0, hash: hashes[0] as never })
			return (answer) => ({ ...answer, log: { ...answer.log, head } })
		},
		'without its first epoch': async ({ people, talk }) => {
			const { hashes } = talk.state
			const head = await people.head(padConversationId(talk.made.conversation), { seq: 0, hash: hashes[0] as never })
			return (answer) => ({ ...answer, log: { ...answer.log, entries: answer.log.entries.slice(0, 1), head } })
		},
		'of two others': async ({ people, bob, mallory, server, talk }) => {
			server.talk = await direct(people, bob, mallory)
			return (answer) => ({ ...answer, log: { ...answer.log }, boxes: [{ epoch: 1, g: 0, box: talk.id }] })
		},
		'with a hole': async () => (answer) => ({ ...answer, log: { ...answer.log, from: 1 } }),
	}
	for (const [name, lie] of Object.entries(lies)) {
		it(`${name} is not believed, and nothing of it is kept`, async () => {
			const world = await setup(name)
			world.server.lie = await lie(world)
			expect(await world.logs.sync(world.server.talk.id)).toEqual(refused)
			expect([world.logs.all(), await world.rows()]).toEqual([[], 0])
		})
	}

	it('in which we never were is not taken, whoever else is in it, and whatever key it brings', async () => {
		const { logs, people, bob, mallory, server, keyring, rows } = await setup('others')
		// Signed by our server, valid in everything: but we would read "Bob" above it, and write to Mallory.
		const theirs = await direct(people, mallory, bob)
		server.talk = theirs
		expect(await logs.sync(theirs.id)).toEqual(refused)
		const { log } = await theirs.log(bob)
		expect(await logs.take(theirs.id, log)).toBe(null)
		expect([logs.known(theirs.id), await keyring.keys(theirs.id, 1), await rows()]).toEqual([null, null, 0])
	})

	it('under another name than its own is not taken', async () => {
		const { logs, talk } = await setup('name')
		const { log } = await talk.log((await setup('name')).alice)
		expect(await logs.take('A'.repeat(22), log)).toBe(null)
	})

	it('waits for the account logs that it names, and gives up where they do not come', async () => {
		const { logs, talk, server, alice } = await setup('accounts')
		server.knows = [alice]
		expect((await logs.sync(talk.id)).ok).toBe(false)
		server.knows = [alice, (await setup('accounts')).bob]
		expect((await logs.sync(talk.id)).ok).toBe(true)
	})

	it('whose later entry is a forgery stands as it was', async () => {
		const { logs, people, talk, mallory, bob, alice } = await setup('forged entry')
		await logs.sync(talk.id)
		const target = async (actor: CoreActor) => {
			const { idHash, head, ak } = await actor.state()
			return { idHash, head, g: ak.g, accountKey: actor.kemKeys[0] as never }
		}
		// Mallory rotates the key in Bob's name; the server signs the head over it.
		const author = {
			idHash: bob.idHash,
			device: { ...mallory.device, deviceId: bob.device.deviceId },
			now: storyTime + 5,
		}
		const members = [await target(alice), await target(mallory)]
		const { rotate } = await rotateEntry(people.crypto, author, {
			conversation: talk.made.conversation,
			base: talk.state.head,
			n: 2,
			members,
			previous: null,
		})
		const head = { seq: 2, hash: chainHash(people.crypto.hash, talk.state.head.hash, { seq: 2, body: rotate.body }) }
		const log = {
			from: 2,
			entries: [entryText(rotate)],
			head: await people.head(padConversationId(talk.made.conversation), head),
		}
		expect((await logs.take(talk.id, log))?.head.seq).toBe(1)
		expect(logs.known(talk.id)?.epochs.length).toBe(1)
	})

	it('that is shorter takes nothing back', async () => {
		const { logs, talk, people, server } = await setup('shorter')
		await logs.sync(talk.id)
		const head = await people.head(padConversationId(talk.made.conversation), {
			seq: 0,
			hash: talk.state.hashes[0] as never,
		})
		server.lie = (answer) => ({ ...answer, log: { from: 2, entries: [], head } })
		expect(await logs.sync(talk.id)).toMatchObject({ ok: true, value: { head: { seq: 1 } } })
	})
})

describe('a box', () => {
	it('that does not open, or holds another key than the log commits to, is not stored', async () => {
		const { logs, keyring, talk, server, people, alice, bob } = await setup('box')
		const other = await direct(people, alice, await people.person('charlie'))
		const foreign = (await other.log(alice)).boxes[0]?.box as string
		const bobs = (await talk.log(bob)).boxes[0]?.box as string
		for (const box of ['AAAA', foreign, bobs]) {
			server.lie = (answer) => ({
				...answer,
				boxes: [
					{ epoch: 1, g: 0, box },
					{ epoch: 7, g: 0, box },
					{ epoch: 1, g: 5, box },
				],
			})
			await logs.sync(talk.id)
			expect(await keyring.keys(talk.id, 1)).toBe(null)
		}
		server.lie = (answer) => answer
		const told: string[] = []
		logs.onChange((id) => void told.push(id))
		await logs.sync(talk.id)
		expect([(await keyring.keys(talk.id, 1))?.n, told]).toEqual([1, [talk.id]])
	})
})
