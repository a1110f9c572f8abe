/**
 * Seeds a data folder in a process of its own: the server's own domain on its own database, without sockets.
 *
 * Accounts have real logs (create body, keys, certificates, signatures) and sessions; they come into the database past
 * sign-up, because nobody here has a password and X-Wing keys are stood in for by hashes. Conversations pass the domain.
 */
import { readConfig } from '../../server/config.ts'
import { createInstance } from '../../server/create-instance.ts'
import type { Domain } from '../../server/domain/domain.ts'
import { issue, openFamily } from '../../server/domain/session-families.ts'
import { sessionContext } from '../../server/domain/sessions.ts'
import { nodeHash } from '../../server/node-crypto.ts'
import { encode } from '../../src/lib/protocol/codec.ts'
import { chainHash, noHash, signedEntry, type SignedEntry } from '../../src/lib/protocol/log-entry.ts'
import { AccountStory } from '../../tests/support/log-actors.ts'
import { befriend } from './befriend.ts'
import { seedConversation, type StoredAccount } from './seed-conversation.ts'
import type { SeededMember, SeededWorld, WorldWish } from './world.ts'

type Seeded = StoredAccount & { readonly token: string; readonly name: string }

async function seed({ data, database, accounts, conversations }: WorldWish): Promise<SeededWorld> {
	const config = readConfig({ KITH_DATA: data, KITH_LOG: 'error', DATABASE_URL: database })
	if (!config.ok) throw new Error(config.error.sentence)
	const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error }
	const instance = await createInstance({ config: config.value, log: silent })
	const { domain } = instance
	const people: Seeded[] = []
	for (let i = 0; i < accounts; i++) people.push(await storeAccount(domain, `bench${i}`))
	const made: SeededWorld['conversations'][number][] = []
	for (const members of conversations) {
		const who = members.map((at) => people[at] as Seeded)
		const [one, other] = who
		if (who.length === 2 && one !== undefined && other !== undefined) await befriend(domain, one, other)
		else await befriendAll(domain, who)
		made.push({ ...(await seedConversation(domain, who)), members })
	}
	await instance.stop()
	return { accounts: people.map(publicPart), conversations: made }
}

/** Whoever makes a group is everybody's friend; so many requests in an hour the server takes from nobody. */
function befriendAll({ unitOfWork }: Domain, [owner, ...others]: readonly Seeded[]): Promise<void> {
	const nothing = new Uint8Array()
	return unitOfWork.transaction(async ({ friendships }) => {
		for (const other of others) {
			const pair = { requester: (owner as Seeded).story.idHash, addressee: other.story.idHash }
			const signed = { request: nothing, accept: nothing, closing: null }
			await friendships.put({ ...pair, ...signed, state: 'accepted', since: Date.now() })
		}
	})
}

function publicPart({ name, story, sid, token }: Seeded): SeededMember {
	return { name, account: story.idHash, sid, accessToken: token }
}

async function storeAccount(domain: Domain, name: string): Promise<Seeded> {
	const story = new AccountStory(name)
	const context = sessionContext(domain, domain.instance, domain.accountStates)
	const create = story.entries[0] as SignedEntry
	const subject = { account: story.idHash, device: story.laptop.deviceId, role: 'user' } as const
	const stored = await domain.unitOfWork.transaction(async (repositories, afterCommit) => {
		const createdAt = Date.now()
		await repositories.accounts.insert({
			account: story.idHash,
			name,
			role: 'user',
			createdAt,
			disabledAt: null,
			owner: null,
		})
		await repositories.accountLogs.append(story.idHash, 0, encode(signedEntry, create))
		await repositories.devices.insert(story.laptop.deviceId, story.idHash, createdAt)
		return openFamily(context, { repositories, afterCommit }, subject)
	})
	const { sid, accessToken } = await issue(context, stored)
	return { name, story, sid, token: accessToken, hash: chainHash(nodeHash, noHash, { seq: 0, body: create.body }) }
}

process.once('message', (wish) => {
	seed(wish as WorldWish).then(
		(world) => process.send?.(world, () => process.disconnect()),
		(error: unknown) => {
			console.error(error)
			process.exit(1)
		},
	)
})
