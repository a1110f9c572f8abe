/**
 * The calls that reading makes, as a guest may make them: of one open room. Any other goes to the server as it is, and the
 * server refuses it (SPEC GST2).
 */
import { routes } from '#protocol/http/routes.ts'
import type { Api, HttpClient } from '#sync/http-client.ts'
import type { AccountId, ConversationId } from './api.ts'

/** By whose secret the room's newest key opens; bytes in base64url. */
export interface GuestLink {
	readonly secret: string
	readonly epoch: number
	readonly box: string
}

/** Beside the log of an open room lies its link: `took` gets it with each answer. */
export function guestHttp(http: HttpClient, conversation: ConversationId, took: (link: GuestLink) => void): HttpClient {
	// A guest seals nothing to anybody, and is told no key to do it with.
	const account = async (api: Api, asked: { account: AccountId; from?: unknown }) => {
		const { name, ...seen } = await api.guests.account({ conversation, ...asked })
		return { ...seen, name: name ?? '', ak: { g: 0, key: '' } }
	}
	const asGuest = (api: Api): Api => ({
		...api,
		conversations: {
			...api.conversations,
			log: async ({ from }) => {
				const { link, ...answer } = await api.guests.log({ conversation, from })
				took(link)
				return { ...answer, boxes: [] }
			},
			heads: (input) => api.guests.heads(input),
			rows: (input) => api.guests.rows(input),
		},
		accounts: {
			...api.accounts,
			log: (asked) => account(api, asked),
			logs: async ({ accounts }) => {
				const told = accounts.map(async (one) => ({ ...(await account(api, { account: one })), account: one }))
				const settled = await Promise.allSettled(told)
				return { accounts: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])) }
			},
		},
	})
	return {
		call: (ask) => http.call((api) => ask(asGuest(api))),
		transfer: (asked) =>
			http.transfer(asked.route === routes.blobs.read ? { ...asked, route: routes.guests.blob } : asked),
	}
}
