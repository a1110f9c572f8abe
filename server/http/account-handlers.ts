/** The own account, and what others may see of one, over HTTP. */
import type { PublicAccount } from '#server/domain/account-bundle.ts'
import { api } from './implementer.ts'
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, idOf, textOf } from './request-context.ts'
import { bundleForm, forgetRefreshCookie, logForm, sessionForm, vkBoxOf } from './wire-forms.ts'

const accounts = api.accounts

export const accountHandlers = {
	me: accounts.me.handler(async ({ context }) =>
		bundleForm(valueOf(await context.domain.accounts.own(await accessOf(context)))),
	),
	log: accounts.log.handler(async ({ input, context }) => {
		const viewer = await accessOf(context)
		const seen = await context.domain.accounts.seenBy(viewer, idOf('account', input.account), input.from ?? 0)
		return publicForm(valueOf(seen))
	}),
	logs: accounts.logs.handler(async ({ input, context }) => {
		const viewer = await accessOf(context)
		const seen = await Promise.all(
			input.accounts.map(async (account) => ({
				account,
				decided: await context.domain.accounts.seenBy(viewer, idOf('account', account), 0),
			})),
		)
		return {
			accounts: seen.flatMap(({ account, decided }) => (decided.ok ? [{ account, ...publicForm(decided.value) }] : [])),
		}
	}),
	addDevice: accounts.addDevice.handler(async ({ input, context }) => {
		const session = await context.domain.devices.add({
			methodToken: input.methodToken,
			entry: bytesOf(input.entry),
			kemKey: bytesOf(input.kemKey),
			vkBox: vkBoxOf(input.vkBox),
		})
		return sessionForm(context, valueOf(session), input.transport)
	}),
	retireDevice: accounts.retireDevice.handler(async ({ input, context }) => {
		valueOf(await context.domain.devices.retire(await accessOf(context), bytesOf(input.entry)))
		forgetRefreshCookie(context)
		return {}
	}),
	kemKeys: accounts.kemKeys.handler(async ({ context }) => {
		const keys = await context.domain.revocations.kemKeys(await accessOf(context))
		return { keys: keys.map(textOf) }
	}),
	revokeDevices: accounts.revokeDevices.handler(async ({ input, context }) => {
		const access = await accessOf(context)
		const request = {
			entry: bytesOf(input.entry),
			kemKey: bytesOf(input.kemKey),
			vault: bytesOf(input.vault),
			vkBoxes: input.vkBoxes.map(vkBoxOf),
		}
		valueOf(await context.domain.revocations.revoke(access, request))
		return {}
	}),
	putVault: accounts.putVault.handler(async ({ input, context }) => {
		valueOf(await context.domain.vaults.put(await accessOf(context), bytesOf(input.vault)))
		return {}
	}),
	putProfile: accounts.putProfile.handler(async ({ input, context }) => {
		valueOf(await context.domain.profiles.put(await accessOf(context), bytesOf(input.profile)))
		return {}
	}),
	entries: accounts.entries.handler(async ({ input, context }) => {
		const { entries, ...answer } = await context.domain.accountEntries.since(await accessOf(context), input.since ?? 0)
		return { ...answer, entries: entries.map(textOf) }
	}),
	putEntry: accounts.putEntry.handler(async ({ input, context }) => {
		valueOf(await context.domain.accountEntries.put(await accessOf(context), bytesOf(input.entry)))
		return {}
	}),
	presence: accounts.presence.handler(async ({ context }) => ({
		shown: await context.domain.presence.isShown(await accessOf(context)),
	})),
	setPresence: accounts.setPresence.handler(async ({ input, context }) => {
		valueOf(await context.domain.presence.setShown(await accessOf(context), input.shown))
		return {}
	}),
	iceServers: accounts.iceServers.handler(async ({ context }) => {
		await accessOf(context)
		const { servers, until } = context.domain.iceServers.name()
		return { servers: servers.map((server) => ({ ...server, urls: [...server.urls] })), until }
	}),
	email: accounts.email.handler(async ({ context }) => context.domain.emails.own(await accessOf(context))),
	setEmail: accounts.setEmail.handler(async ({ input, context }) => {
		valueOf(await context.domain.emails.set(await accessOf(context), input.address))
		return {}
	}),
	confirmEmail: accounts.confirmEmail.handler(async ({ input, context }) => {
		valueOf(await context.domain.emails.confirm(await accessOf(context), input.token))
		return {}
	}),
	sessions: accounts.sessions.handler(async ({ context }) => {
		const { account, sid: current } = await accessOf(context)
		const families = await context.domain.sessions.list(account)
		const sessions = families.map(({ sid, device, createdAt, lastUsedAt }) => ({
			sid,
			deviceId: textOf(device),
			createdAt,
			lastUsedAt,
			current: sid === current,
		}))
		return { sessions }
	}),
	endSession: accounts.endSession.handler(async ({ input, context }) => {
		const { account } = await accessOf(context)
		valueOf(await context.domain.sessions.end(account, input.sid))
		return {}
	}),
}

function publicForm({ name, bot, log, ak, profile }: PublicAccount) {
	return {
		name,
		...(bot ? { bot } : {}),
		log: logForm(log),
		ak: { g: ak.g, key: textOf(ak.key) },
		profile: profile === null ? null : textOf(profile),
	}
}
