/**
 * A whole server on a free port with the people of direct-story.ts in its database, sessions for their devices, and a
 * clock and timers that belong to the test.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import type { ConversationState } from '#protocol/conversation-state.ts'
import { guidOf, type PageAddress } from '#protocol/guid.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { readConfig } from '#server/config.ts'
import { createInstance } from '#server/create-instance.ts'
import type { LogFields } from '#server/domain/log.ts'
import { issue, openFamily } from '#server/domain/session-families.ts'
import type { Rate } from '#server/domain/events/rates.ts'
import { sessionContext } from '#server/domain/sessions.ts'
import { serve } from '#server/serve.ts'
import { directStory } from './direct-story.ts'
import { Pen, storeStory, worldStart } from './event-world.ts'
import { fakeTime } from './fake-timers.ts'
import type { AccountStory, Actor } from './log-actors.ts'
import { RawClient, type ConnectOptions, type Credentials } from './raw-client.ts'
import { conversationIdIn } from './story-ids.ts'
import { testServerEnvironment } from './server.ts'

export type SyncWorld = Awaited<ReturnType<typeof syncWorld>>

/** Its time stands still until the test moves it: so no turn waits for the next, unless a test asks for a rate. */
const atOnce: Rate = { perSecond: 1e6, burst: 1e9 }

export async function syncWorld(env: Readonly<Record<string, string>> = {}, turnRate = atOnce) {
	const data = await mkdtemp(join(tmpdir(), 'kith-sync-'))
	const variables = {
		...testServerEnvironment,
		PORT: '0',
		KITH_DATA: data,
		...env,
	}
	const config = readConfig(variables)
	if (!config.ok) throw new Error(config.error.sentence)
	const time = fakeTime(worldStart)
	const errors: { event: string; fields: LogFields }[] = []
	const error = (event: string, fields: LogFields = {}): void => void errors.push({ event, fields })
	const log = { debug: () => {}, info: () => {}, warn: () => {}, error }
	const { clock, timers } = time
	const instance = await createInstance({ config: config.value, log, clock, timers, turnRate })
	const serving = await serve(instance, config.value)
	const { domain } = instance
	const story = await directStory()
	await storeStory(domain, story)
	const conversation = conversationIdIn(story.log)
	const state = async (): Promise<ConversationState> =>
		(await domain.conversationStates.get(conversation)) as ConversationState
	const clients: RawClient[] = []
	const context = sessionContext(domain, domain.instance, domain.accountStates)

	const signIn = async (by: AccountStory, device: Actor = by.laptop): Promise<Credentials> => {
		const subject = { account: by.idHash, device: device.deviceId, role: 'user' } as const
		const stored = await domain.unitOfWork.transaction((repositories, afterCommit) =>
			openFamily(context, { repositories, afterCommit }, subject),
		)
		const { accessToken, sid } = await issue(context, stored)
		return { accessToken, sid, account: by.idHash, device }
	}

	const knock = (options?: ConnectOptions): RawClient => {
		const client = new RawClient(serving.port, options)
		clients.push(client)
		return client
	}

	return {
		domain,
		instance,
		story,
		time,
		/** What was logged as an error: nothing, in a good test. */
		errors,
		conversation,
		signIn,
		port: serving.port,
		/** A later access token of the same session. */
		freshToken: async ({ account, device, sid }: Credentials): Promise<string> => {
			const subject = { account, device: device.deviceId, sid, role: 'user' } as const
			return (await context.accessTokens.sign(subject)).token
		},
		/** Stores the newest entry of an account's log, as a request would. */
		appendAccountEntry: async ({ idHash, entries }: AccountStory): Promise<void> => {
			const seq = entries.length - 1
			const entry = encode(signedEntry, entries[seq] as (typeof entries)[number])
			await domain.unitOfWork.transaction(async ({ accountLogs }, afterCommit) => {
				await accountLogs.append(idHash, seq, entry)
				afterCommit(() => domain.cluster.publish('account-log', { account: bytesToBase64url(idHash), from: seq }))
			})
		},
		/** A socket that has said nothing yet. */
		knock,
		/** A proven one. */
		join: async (by: AccountStory, credentials?: Credentials): Promise<RawClient> =>
			knock().enter(credentials ?? (await signIn(by))),
		guid: (page: number, part = 0): string => guidOf({ conversation, page, part }),
		address: (page: number, part = 0): PageAddress => ({ conversation, page, part }),
		pen: (by: AccountStory, device: Actor = by.laptop): Pen => new Pen(state, by, device),
		close: async (): Promise<void> => {
			for (const client of clients) client.socket.terminate()
			await serving.stop()
			await rm(data, { recursive: true, force: true })
		},
	}
}
