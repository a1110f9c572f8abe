/**
 * Web push (product N2; RFC 8030, 8291, 8292): a device says where it can be woken, and of which conversations it wants to hear nothing.
 * The push service learns that something is there for this browser, when, and nothing else.
 */
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { encodePush, quietList, type QuietConversation } from '#protocol/push-message.ts'
import { ok } from '#protocol/result.ts'
import type { DevicesHere } from './devices-here.ts'
import type { Access, Caller, DomainPorts } from './domain.ts'
import type { Pushed, PushTarget } from './push-ports.ts'
import { createPushSending, type PushSending } from './push-sending.ts'
import { withinLimit } from './rate-limits.ts'
import { refuse, type Decided } from './refusal.ts'

export interface PushApi extends Pick<PushSending, 'stop'> {
	/** P-256 point that a browser subscribes for, 65 bytes. */
	readonly publicKey: Bytes
	isSubscribed(access: Access): Promise<boolean>
	/** In place of what the device said before. Refused: malformed, also for an address that is not reached from here; rate-limited. */
	subscribe(access: Access, to: PushTarget, quiet: readonly QuietConversation[]): Promise<Decided<null>>
	/**
	 * A browser has renewed its subscription while the app was closed, and has no session to say so by: the secret of the one before speaks for
	 * it, and what nobody here has is passed over. Refused: malformed as above, rate-limited.
	 */
	renew(caller: Caller, was: Pick<PushTarget, 'endpoint' | 'auth'>, now: PushTarget): Promise<Decided<null>>
	unsubscribe(access: Access): Promise<void>
	/** Sends one now, and says what came of it. Refused: not-found without a subscription, rate-limited. */
	test(access: Access): Promise<Decided<Pushed>>
	/** Forgets devices that are signed in no more. */
	dropEnded(): Promise<void>
}

const endpointMax = 1024
const pointLength = 65
const uncompressed = 4
const authLength = 16

/** Named rules of what a browser may say; whoever breaks one is told nothing but that. */
const targetRules: readonly ((to: PushTarget, ports: DomainPorts) => boolean)[] = [
	({ endpoint }) => endpoint.length <= endpointMax,
	({ key }) => key.length === pointLength && key[0] === uncompressed,
	({ auth }) => auth.length === authLength,
	// Whoever names an address makes this server ask it (SSRF).
	({ endpoint }, { pusher }) => pusher.mayReach(endpoint),
]

export function createPush(ports: DomainPorts, devicesHere: DevicesHere): PushApi {
	const { repositories, unitOfWork, clock, hash, pusher } = ports
	const sending = createPushSending({ ...ports, devicesHere })
	return {
		publicKey: pusher.publicKey,
		isSubscribed: async ({ device }) => (await repositories.pushSubscriptions.of(device)) !== null,
		subscribe: async ({ account, device }, { endpoint, key, auth }, quiet) => {
			const limited = await withinLimit(ports, 'writeByAccount', account)
			if (!limited.ok) return limited
			if (!targetRules.every((holds) => holds({ endpoint, key, auth }, ports))) return refuse('malformed')
			const list = encode(quietList, quiet)
			if (!decode(quietList, list).ok) return refuse('malformed')
			const row = { device, account, endpoint, key, auth, quiet: list, at: clock() }
			await unitOfWork.transaction(({ pushSubscriptions }) => pushSubscriptions.put(row))
			return ok(null)
		},
		renew: async ({ ip }, was, now) => {
			const limited = await withinLimit(ports, 'pushRenewalByIp', ip)
			if (!limited.ok) return limited
			if (!targetRules.every((holds) => holds(now, ports))) return refuse('malformed')
			await unitOfWork.transaction(async ({ pushSubscriptions }) => {
				for (const row of await pushSubscriptions.at(was.endpoint))
					if (equalBytes(hash(row.auth), hash(was.auth))) await pushSubscriptions.put({ ...row, ...now, at: clock() })
			})
			return ok(null)
		},
		unsubscribe: ({ device }) =>
			unitOfWork.transaction(async ({ pushSubscriptions }) => {
				const row = await pushSubscriptions.of(device)
				if (row !== null) await pushSubscriptions.delete(device, row.endpoint)
			}),
		test: async ({ account, device }) => {
			const limited = await withinLimit(ports, 'pushTestByAccount', account)
			if (!limited.ok) return limited
			const row = await repositories.pushSubscriptions.of(device)
			if (row === null) return refuse('not-found')
			const message = encodePush({ type: 'test' })
			return ok(await sending.send(row, { message, topic: device }))
		},
		dropEnded: () => unitOfWork.transaction(({ pushSubscriptions }) => pushSubscriptions.deleteEnded()),
		stop: sending.stop,
	}
}
