/** Sign-up, sign-in, recovery and sessions. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import {
	accountBundle,
	accountId,
	bind,
	deviceId,
	emailAddress,
	kemKey,
	name,
	nonce,
	none,
	session,
	signature,
	signedEntry,
	transport,
	vault,
	vkBox,
	base64url,
} from './schemas.ts'

/** Who may sign up with this: the one-time set-up link, an invite token, or anybody where sign-up is open. */
const grant = z.discriminatedUnion('type', [
	z.object({ type: z.literal('setup'), token: z.string().check(z.maxLength(64)) }),
	z.object({ type: z.literal('invite'), token: z.string().check(z.maxLength(64)) }),
	z.object({ type: z.literal('open') }),
	z.object({ type: z.literal('bot'), token: z.string().check(z.maxLength(64)) }),
])

export const authContract = {
	checkSignUp: oc
		.route({
			method: 'POST',
			path: '/auth/registration/check',
			summary: 'Would this name, grant and e-mail address be taken?',
		})
		.input(z.object({ name, grant, email: z.optional(emailAddress) }))
		.output(none),
	startRegistration: oc
		.route({ method: 'POST', path: '/auth/registration/start', summary: 'Start of OPAQUE registration' })
		.input(z.object({ name, grant, registrationRequest: z.string().check(z.maxLength(4096)) }))
		.output(z.object({ registrationId: z.string(), registrationResponse: z.string() })),
	finishRegistration: oc
		.route({
			method: 'POST',
			path: '/auth/registration/finish',
			summary: 'Creates account, vault, boxes and first session in one transaction',
		})
		.input(
			z.object({
				registrationId: z.string().check(z.maxLength(64)),
				registrationRecord: z.string().check(z.maxLength(4096)),
				create: signedEntry,
				/** X-Wing keys that stand in the create body as hashes: AK_0, methods, first device. */
				kemKeys: z.array(kemKey).check(z.maxLength(8)),
				binds: z.array(bind).check(z.maxLength(8)),
				vault,
				vkBoxes: z.array(vkBox).check(z.maxLength(32)),
				profile: base64url(1024),
				/** Gets a confirmation, once the account is there. */
				email: z.optional(emailAddress),
				transport,
			}),
		)
		.output(session),
	startLogin: oc
		.route({ method: 'POST', path: '/auth/login/start', summary: 'Start of OPAQUE sign-in' })
		.input(z.object({ name, startLoginRequest: z.string().check(z.maxLength(4096)) }))
		.output(z.object({ loginId: z.string(), loginResponse: z.string() })),
	/** methodToken: 5 minutes, proves an unlock method; opens a session or certifies a device, nothing else. */
	finishLogin: oc
		.route({ method: 'POST', path: '/auth/login/finish', summary: 'End of OPAQUE sign-in' })
		.input(
			z.object({ loginId: z.string().check(z.maxLength(64)), finishLoginRequest: z.string().check(z.maxLength(4096)) }),
		)
		.output(z.object({ methodToken: z.string(), serverNonce: nonce, bundle: accountBundle })),
	startRecovery: oc
		.route({ method: 'POST', path: '/auth/recovery/start', summary: 'Start of sign-in by recovery code' })
		.input(z.object({ name }))
		.output(z.object({ recoveryId: z.string(), account: accountId, serverNonce: nonce })),
	/** signature: the method key over auth use 4. */
	finishRecovery: oc
		.route({ method: 'POST', path: '/auth/recovery/finish', summary: 'End of sign-in by recovery code' })
		.input(
			z.object({
				recoveryId: z.string().check(z.maxLength(64)),
				methodKey: base64url(32),
				clientNonce: nonce,
				signature,
			}),
		)
		.output(z.object({ methodToken: z.string(), serverNonce: nonce, bundle: accountBundle })),
	/** For a device that is certified already; signature: the device over auth use 2 with sid of 16 zero bytes and the serverNonce given with the methodToken. */
	openSession: oc
		.route({ method: 'POST', path: '/auth/sessions', summary: 'A session for a certified device', successStatus: 201 })
		.input(z.object({ methodToken: z.string(), deviceId, clientNonce: nonce, signature, transport }))
		.output(session),
	/** signature: the device over auth use 2 with the refreshNonce given with the answer before. */
	refresh: oc
		.route({ method: 'POST', path: '/auth/refresh', summary: 'A new access token for a single-use refresh token' })
		.input(
			z.object({
				refreshToken: z.optional(z.string().check(z.maxLength(256))),
				deviceId,
				clientNonce: nonce,
				signature,
				transport,
			}),
		)
		.output(session),
	/** For a browser that took the cookie of an answer, and lost the answer: bad-device-proof, then this, then once more. */
	refreshNonce: oc
		.route({
			method: 'POST',
			path: '/auth/refresh/nonce',
			summary: 'The nonce that the next refresh with this token signs',
		})
		.input(z.object({ refreshToken: z.optional(z.string().check(z.maxLength(256))) }))
		.output(z.object({ refreshNonce: nonce })),
	signOut: oc
		.route({ method: 'POST', path: '/auth/sign-out', summary: 'Ends this session and its refresh tokens' })
		.input(none)
		.output(none),
}
