/** Domain values as the contract's JSON: bytes become base64url. */
import { encodeUpdate } from '#protocol/page-codec.ts'
import type { AccountBundle, SignedLog } from '../domain/account-bundle.ts'
import type { DeviceProof } from '../domain/device-proof.ts'
import type { ConversationHeads } from '../domain/events/api.ts'
import type { StoredItem } from '../domain/event-signals.ts'
import type { VkBoxRow } from '../domain/ports.ts'
import type { OpenedSession } from '../domain/session-families.ts'
import { clearedRefreshCookie, refreshCookie } from './refresh-cookie.ts'
import { bytesOf, idOf, textOf, type RequestContext } from './request-context.ts'

export function logForm({ from, entries, head }: SignedLog) {
	return { from, entries: entries.map(textOf), head: textOf(head) }
}

export function headsForm(heads: ConversationHeads) {
	return { ...heads, pages: heads.pages.map(({ digest, ...page }) => ({ ...page, digest: textOf(digest) })) }
}

export function rowsForm(items: readonly StoredItem[]) {
	return { update: textOf(encodeUpdate(items)), recv: items.map(({ recv }) => recv) }
}

/** Without the rows. */
export function numbersForm(items: readonly StoredItem[]) {
	const streams = [...Map.groupBy(items, ({ clientId }) => clientId)]
	return { streams: streams.map(([clientId, rows]) => ({ clientId, recv: rows.map(({ recv }) => recv) })) }
}

export function bundleForm(bundle: AccountBundle) {
	return {
		account: textOf(bundle.account),
		name: bundle.name,
		log: logForm(bundle.log),
		binds: bundle.binds.map(({ method, bind }) => ({ method: textOf(method), bind: textOf(bind) })),
		vkBoxes: bundle.vkBoxes.map(({ recipient, vkGen, box }) => ({
			recipient: textOf(recipient),
			vkGen,
			box: textOf(box),
		})),
		vault: textOf(bundle.vault),
		serverKey: textOf(bundle.serverKey),
	}
}

/** The refresh token goes where the client asked for it: into the cookie, or into the body. */
export function sessionForm(context: RequestContext, session: OpenedSession, transport: 'cookie' | 'body') {
	const now = context.domain.clock()
	if (transport === 'cookie') {
		context.answer.append('set-cookie', refreshCookie(session.refreshToken, session.refreshExpiresAt - now))
	}
	return {
		accessToken: session.accessToken,
		accessExpiresAt: session.accessExpiresAt,
		sid: session.sid,
		refreshToken: transport === 'body' ? session.refreshToken : null,
		refreshNonce: textOf(session.refreshNonce),
		serverTime: now,
		role: session.role,
	}
}

export function forgetRefreshCookie({ answer, refreshCookie: sent }: RequestContext): void {
	if (sent !== null) answer.append('set-cookie', clearedRefreshCookie)
}

export function proofOf(form: { deviceId: string; clientNonce: string; signature: string }): DeviceProof {
	return {
		device: idOf('device', form.deviceId),
		clientNonce: bytesOf(form.clientNonce, 32),
		signature: bytesOf(form.signature, 64),
	}
}

export function vkBoxOf({ recipient, vkGen, box }: { recipient: string; vkGen: number; box: string }): VkBoxRow {
	return { recipient: bytesOf(recipient, 32), vkGen, box: bytesOf(box) }
}
