/** Sign-up, sign-in and sessions over HTTP. */
import { valueOf } from './problem.ts'
import { accessOf, bytesOf, textOf } from './request-context.ts'
import { api } from './implementer.ts'
import { bundleForm, forgetRefreshCookie, proofOf, sessionForm, vkBoxOf } from './wire-forms.ts'

const auth = api.auth

export const authHandlers = {
	checkSignUp: auth.checkSignUp.handler(async ({ input, context }) => {
		valueOf(await context.domain.signUp.check(input, context.caller))
		return {}
	}),
	startRegistration: auth.startRegistration.handler(async ({ input, context }) =>
		valueOf(await context.domain.signUp.start(input, context.caller)),
	),
	finishRegistration: auth.finishRegistration.handler(async ({ input, context }) => {
		const session = await context.domain.signUp.finish({
			registrationId: input.registrationId,
			registrationRecord: input.registrationRecord,
			create: bytesOf(input.create),
			kemKeys: input.kemKeys.map((key) => bytesOf(key)),
			binds: input.binds.map(({ method, bind }) => ({ method: bytesOf(method, 16), bind: bytesOf(bind, 32) })),
			vault: bytesOf(input.vault),
			vkBoxes: input.vkBoxes.map(vkBoxOf),
			profile: bytesOf(input.profile),
			email: input.email,
		})
		return sessionForm(context, valueOf(session), input.transport)
	}),
	startLogin: auth.startLogin.handler(async ({ input, context }) =>
		valueOf(await context.domain.signIn.startLogin(input.name, input.startLoginRequest, context.caller)),
	),
	finishLogin: auth.finishLogin.handler(async ({ input, context }) => {
		const proven = valueOf(await context.domain.signIn.finishLogin(input.loginId, input.finishLoginRequest))
		return { ...proven, serverNonce: textOf(proven.serverNonce), bundle: bundleForm(proven.bundle) }
	}),
	startRecovery: auth.startRecovery.handler(async ({ input, context }) => {
		const started = valueOf(await context.domain.signIn.startRecovery(input.name, context.caller))
		return { ...started, account: textOf(started.account), serverNonce: textOf(started.serverNonce) }
	}),
	finishRecovery: auth.finishRecovery.handler(async ({ input, context }) => {
		const proof = {
			recoveryId: input.recoveryId,
			methodKey: bytesOf(input.methodKey, 32),
			clientNonce: bytesOf(input.clientNonce, 32),
			signature: bytesOf(input.signature, 64),
		}
		const proven = valueOf(await context.domain.signIn.finishRecovery(proof))
		return { ...proven, serverNonce: textOf(proven.serverNonce), bundle: bundleForm(proven.bundle) }
	}),
	openSession: auth.openSession.handler(async ({ input, context }) => {
		const session = await context.domain.signIn.openSession(input.methodToken, proofOf(input))
		return sessionForm(context, valueOf(session), input.transport)
	}),
	refresh: auth.refresh.handler(async ({ input, context }) => {
		const token = input.refreshToken ?? context.refreshCookie
		const refreshed = await context.domain.sessions.refresh({ token, proof: proofOf(input) }, context.caller)
		return sessionForm(context, valueOf(refreshed), input.transport)
	}),
	refreshNonce: auth.refreshNonce.handler(async ({ input, context }) => {
		const token = input.refreshToken ?? context.refreshCookie
		const nonce = valueOf(await context.domain.sessions.nonceToSign(token, context.caller))
		return { refreshNonce: textOf(nonce) }
	}),
	signOut: auth.signOut.handler(async ({ context }) => {
		const { account, sid } = await accessOf(context)
		valueOf(await context.domain.sessions.end(account, sid))
		forgetRefreshCookie(context)
		return {}
	}),
}
