import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDeviceEntry, offerDevice, retireDeviceEntry } from '#crypto/account-builder.ts'
import { generateDeviceKeys, type DeviceKeys } from '#crypto/device-keys.ts'
import { deriveMethodKeys, verifyBind, type MethodKeys } from '#crypto/unlock-methods.ts'
import { verifyAccountLog, type AccountState } from '#protocol/account-state.ts'
import { encodeAuthBody } from '#protocol/auth.ts'
import { equalBytes, type Bytes } from '#protocol/bytes.ts'
import { decode, encode } from '#protocol/codec.ts'
import { headClaim, signedHead } from '#protocol/head.ts'
import { signedEntry } from '#protocol/log-entry.ts'
import { createHttpClient } from '#sync/http-client.ts'
import { nodeHash, nodeVerify } from '#tests/support/crypto-ports.ts'
import {
	anonymous,
	clientCrypto,
	codeOf,
	logIn,
	must,
	refreshForm,
	signUpAdmin,
	signUpInvited,
	toBytes,
	toText,
	vkBoxForm,
	type Person,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

let server: TestServer
let alice: Person
beforeAll(async () => {
	server = await startTestServer()
	alice = await signUpAdmin(server)
})
afterAll(() => server.close())

type Bundle = NonNullable<Awaited<ReturnType<typeof logIn>>>['bundle']

async function stateOf({ log }: Pick<Bundle, 'log'>): Promise<AccountState> {
	const entries = log.entries.map((text) => {
		const entry = decode(signedEntry, toBytes(text))
		if (!entry.ok) throw new Error('the server gave an entry that does not decode')
		return entry.value
	})
	const state = await verifyAccountLog({ entries, hash: nodeHash, verify: nodeVerify })
	if (!state.ok) throw new Error(`the server gave a log that does not hold: ${state.error.type}`)
	return state.value
}

/** What recovery signs. */
async function recoveryForm(
	person: Person,
	started: { recoveryId: string; account: string; serverNonce: string },
	by: MethodKeys,
) {
	const { crypto } = await clientCrypto()
	const clientNonce = crypto.random(32)
	const nonces = { clientNonce, serverNonce: toBytes(started.serverNonce) }
	const names = { server: person.serverId, idHash: toBytes(started.account), methodKey: by.method.signingKey }
	const signature = await by.signing.sign('auth', encodeAuthBody({ use: 'method', ...names, ...nonces }))
	return {
		recoveryId: started.recoveryId,
		methodKey: toText(by.method.signingKey),
		clientNonce: toText(clientNonce),
		signature: toText(signature),
	}
}

async function recover(person: Person, by: MethodKeys) {
	const http = anonymous(server)
	const started = await must(http.call((api) => api.auth.startRecovery({ name: person.name })))
	const form = await recoveryForm(person, started, by)
	return http.call((api) => api.auth.finishRecovery(form))
}

/** An addDevice with everything beside it, by the method `by`. */
async function newDevice(person: Person, state: AccountState, by: MethodKeys, now = Date.now()) {
	const { crypto } = await clientCrypto()
	const device = await generateDeviceKeys(crypto)
	const offer = await offerDevice(crypto, device, state.idHash)
	const at = { idHash: state.idHash, head: state.head, now }
	const made = { by: { method: by }, offer, vkGen: state.vk.gen, vaultKey: person.account.vaultKey }
	const { entry, vkBox } = await addDeviceEntry(crypto, at, made)
	const form = {
		entry: toText(encode(signedEntry, entry)),
		kemKey: toText(device.kem.publicKey),
		vkBox: vkBoxForm(vkBox),
		transport: 'body' as const,
	}
	return { device, form }
}

async function openForm(
	person: Person,
	proven: { methodToken: string; serverNonce: string },
	device: DeviceKeys = person.device,
) {
	const { methodToken, serverNonce: refreshNonce } = proven
	const sid = toText(new Uint8Array(16))
	const form = await refreshForm(person, { session: { ...person.session, sid, refreshNonce }, device })
	return {
		methodToken,
		deviceId: form.deviceId,
		clientNonce: form.clientNonce,
		signature: form.signature,
		transport: 'body' as const,
	}
}

describe('sign-in by password', () => {
	it('gives what opens the account: log with a signed head, bind, VK boxes, vault', async () => {
		const proven = await logIn(server, 'Alice', alice.password)
		if (proven === null) throw new Error('the password was refused')
		const { crypto } = await clientCrypto()
		const method = await deriveMethodKeys(crypto, 'password', proven.exportKey)
		const { bundle } = proven
		const bind = bundle.binds.find((one) => equalBytes(toBytes(one.bind), method.bind(toBytes(bundle.account))))
		expect(bind !== undefined && verifyBind(method, alice.account.idHash, toBytes(bind.bind))).toBe(true)
		const state = await stateOf(bundle)
		expect(toText(state.idHash)).toBe(alice.id)
		const head = decode(signedHead, toBytes(bundle.log.head))
		if (!head.ok) throw new Error('no head')
		expect(head.value).toMatchObject({ seq: 0, subject: state.idHash, hash: state.head.hash })
		expect(await nodeVerify([headClaim(nodeHash, head.value, toBytes(bundle.serverKey))])).toEqual([true])
		expect(bundle.vkBoxes).toHaveLength(3)
		expect(bundle.name).toBe('alice')
	})

	it('refuses a wrong password', async () => {
		expect(await logIn(server, 'alice', 'wrong')).toBeNull()
	})

	it('refuses a last message that proves nothing, and takes each login once', async () => {
		const { opaque } = await clientCrypto()
		const http = anonymous(server)
		const { request: startLoginRequest } = await opaque.startLogin('wrong')
		const { loginId } = await must(http.call((api) => api.auth.startLogin({ name: 'alice', startLoginRequest })))
		const forged = { loginId, finishLoginRequest: toText(new Uint8Array(64)) }
		expect(await codeOf(http.call((api) => api.auth.finishLogin(forged)))).toBe('wrong-credentials')
		expect(await codeOf(http.call((api) => api.auth.finishLogin(forged)))).toBe('login-expired')
	})

	it('refuses messages that are no OPAQUE', async () => {
		const http = anonymous(server)
		const start = { name: 'alice', startLoginRequest: 'AAAA' }
		expect(await codeOf(http.call((api) => api.auth.startLogin(start)))).toBe('malformed')
		const unknown = { name: 'nobody', startLoginRequest: 'AAAA' }
		expect(await codeOf(http.call((api) => api.auth.startLogin(unknown)))).toBe('malformed')
	})

	it('answers unknown names in the same form, and the same way each time', async () => {
		const { opaque } = await clientCrypto()
		const http = anonymous(server)
		const { request: startLoginRequest } = await opaque.startLogin('any')
		const ask = async (name: string) => {
			const answer = await must(http.call((api) => api.auth.startLogin({ name, startLoginRequest })))
			return { ...answer, bytes: toBytes(answer.loginResponse) }
		}
		const [known, knownAgain] = [await ask('alice'), await ask('alice')]
		const [unknown, unknownAgain] = [await ask('stranger'), await ask('stranger')]
		expect(unknown.bytes).toHaveLength(known.bytes.length)
		// The OPRF's answer comes first: it depends on the identifier alone, so it must not change for either.
		const evaluated = ({ bytes }: { bytes: Bytes }) => toText(bytes.slice(0, 32))
		expect(evaluated(known)).toBe(evaluated(knownAgain))
		expect(evaluated(unknown)).toBe(evaluated(unknownAgain))
		expect(evaluated(unknown)).not.toBe(evaluated(known))
		const finish = { loginId: unknown.loginId, finishLoginRequest: toText(new Uint8Array(64)) }
		expect(await codeOf(http.call((api) => api.auth.finishLogin(finish)))).toBe('wrong-credentials')
	})

	it('never evaluates the OPRF of a login in a registration', async () => {
		const { opaque } = await clientCrypto()
		const http = anonymous(server)
		const { request } = await opaque.startLogin('guess')
		// The first 32 bytes of both first messages are the blinded element.
		const blinded = toText(toBytes(request).slice(0, 32))
		const { token } = await must(alice.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
		const grant = { type: 'invite' as const, token }
		const register = () =>
			must(http.call((api) => api.auth.startRegistration({ name: 'new-one', grant, registrationRequest: blinded })))
		const login = await must(http.call((api) => api.auth.startLogin({ name: 'new-one', startLoginRequest: request })))
		const [one, two] = [await register(), await register()]
		const evaluated = new Set(
			[login.loginResponse, one.registrationResponse, two.registrationResponse].map((text) => text.slice(0, 42)),
		)
		expect(evaluated.size).toBe(3)
	})
})

describe('sign-in by recovery code', () => {
	let rosa: Person
	beforeAll(async () => {
		rosa = await signUpInvited(server, alice, 'rosa')
	})

	it('gives the same bundle for a signature of the method key', async () => {
		const proven = await must(recover(rosa, rosa.recovery))
		expect(proven.bundle.account).toBe(rosa.id)
		expect(proven.bundle.vkBoxes).toHaveLength(3)
	})

	it('is for the code alone: the key of the password does not sign in', async () => {
		expect(await codeOf(recover(rosa, rosa.passwordMethod))).toBe('wrong-credentials')
	})

	it('refuses a key that is no method of the account', async () => {
		const { crypto } = await clientCrypto()
		const other = await deriveMethodKeys(crypto, 'recovery', crypto.random(20))
		expect(await codeOf(recover(rosa, other))).toBe('wrong-credentials')
	})

	it('takes a nonce once, and a signature over no other', async () => {
		const http = anonymous(server)
		const [first, second] = [
			await must(http.call((api) => api.auth.startRecovery({ name: 'rosa' }))),
			await must(http.call((api) => api.auth.startRecovery({ name: 'rosa' }))),
		]
		const form = await recoveryForm(rosa, first, rosa.recovery)
		const elsewhere = { ...form, recoveryId: second.recoveryId }
		expect(await codeOf(http.call((api) => api.auth.finishRecovery(elsewhere)))).toBe('wrong-credentials')
		expect(await codeOf(http.call((api) => api.auth.finishRecovery(form)))).toBe('ok')
		expect(await codeOf(http.call((api) => api.auth.finishRecovery(form)))).toBe('login-expired')
	})

	it('names an account for unknown names too, always the same one', async () => {
		const http = anonymous(server)
		const start = () => must(http.call((api) => api.auth.startRecovery({ name: 'unknown' })))
		const [one, two] = [await start(), await start()]
		expect(toBytes(one.account)).toHaveLength(32)
		expect(one.account).toBe(two.account)
		const form = await recoveryForm(rosa, one, rosa.recovery)
		expect(await codeOf(http.call((api) => api.auth.finishRecovery(form)))).toBe('wrong-credentials')
	})
})

describe('a proven method', () => {
	it('opens a session for a certified device, once', async () => {
		const bob = await signUpInvited(server, alice, 'bob')
		const proven = await must(recover(bob, bob.recovery))
		const form = await openForm(bob, proven)
		const session = await must(anonymous(server).call((api) => api.auth.openSession(form)))
		expect(session.sid).not.toBe(bob.session.sid)
		expect(await codeOf(anonymous(server).call((api) => api.auth.openSession(form)))).toBe('login-expired')
		// One session for each device: the one before has ended.
		expect(await codeOf(bob.http.call((api) => api.accounts.sessions()))).toBe('session-ended')
	})

	it('opens none for a device that does not prove its key', async () => {
		const carl = await signUpInvited(server, alice, 'carl')
		const proven = await must(recover(carl, carl.recovery))
		const { crypto } = await clientCrypto()
		const stranger = await generateDeviceKeys(crypto)
		const open = async (form: Awaited<ReturnType<typeof openForm>>) =>
			codeOf(anonymous(server).call((api) => api.auth.openSession(form)))
		expect(await open(await openForm(carl, proven, stranger))).toBe('bad-device-proof')
		const claimed = { ...(await openForm(carl, proven, stranger)), deviceId: toText(carl.device.deviceId) }
		expect(await open(claimed)).toBe('bad-device-proof')
		expect(await open(await openForm(carl, { ...proven, serverNonce: toText(crypto.random(32)) }))).toBe(
			'bad-device-proof',
		)
		expect(await open({ ...(await openForm(carl, proven)), methodToken: 'made-up' })).toBe('login-expired')
		// None of it has used up the token.
		expect(await open(await openForm(carl, proven))).toBe('ok')
	})

	it('certifies a new device and opens its session, beside the old one', async () => {
		const dora = await signUpInvited(server, alice, 'dora')
		const proven = await must(recover(dora, dora.recovery))
		const { device, form } = await newDevice(dora, await stateOf(proven.bundle), dora.recovery)
		const { methodToken } = proven
		const session = await must(anonymous(server).call((api) => api.accounts.addDevice({ methodToken, ...form })))
		const http = createHttpClient({
			origin: server.origin,
			fetch: (r, i) => fetch(r, i),
			accessToken: async () => session.accessToken,
		})
		const own = await must(http.call((api) => api.accounts.me()))
		// A session gets the box of its device and nothing that belongs to a method.
		expect(own.vkBoxes).toEqual([form.vkBox])
		expect(own.binds).toEqual([])
		const state = await stateOf(own)
		expect([...state.devices.keys()]).toEqual([toText(dora.device.deviceId), toText(device.deviceId)])
		const { sessions } = await must(dora.http.call((api) => api.accounts.sessions()))
		expect(sessions.map(({ deviceId, current }) => [deviceId, current]).sort()).toEqual(
			[
				[toText(dora.device.deviceId), true],
				[toText(device.deviceId), false],
			].sort(),
		)
		const again = await newDevice(dora, state, dora.recovery)
		expect(await codeOf(anonymous(server).call((api) => api.accounts.addDevice({ methodToken, ...again.form })))).toBe(
			'login-expired',
		)
	})

	it('tells a lost race from a bad entry, and the same token goes on', async () => {
		const emil = await signUpInvited(server, alice, 'emil')
		const [one, two] = [await must(recover(emil, emil.recovery)), await must(recover(emil, emil.recovery))]
		const state = await stateOf(one.bundle)
		const [first, second] = [await newDevice(emil, state, emil.recovery), await newDevice(emil, state, emil.recovery)]
		const add = (methodToken: string, form: typeof first.form) =>
			codeOf(anonymous(server).call((api) => api.accounts.addDevice({ methodToken, ...form })))
		expect(await add(one.methodToken, first.form)).toBe('ok')
		expect(await add(two.methodToken, second.form)).toBe('stale-head')
		const newer = await stateOf((await must(recover(emil, emil.recovery))).bundle)
		const { crypto } = await clientCrypto()
		const foreign = await deriveMethodKeys(crypto, 'recovery', crypto.random(20))
		expect(await add(two.methodToken, (await newDevice(emil, newer, foreign)).form)).toBe('bad-entry')
		const late = await newDevice(emil, newer, emil.recovery, Date.now() + 120_000)
		expect(await add(two.methodToken, late.form)).toBe('bad-entry')
		const good = await newDevice(emil, newer, emil.recovery)
		expect(await add(two.methodToken, { ...good.form, vkBox: { ...good.form.vkBox, vkGen: 2 } })).toBe('bad-boxes')
		expect(await add(two.methodToken, { ...good.form, vkBox: first.form.vkBox })).toBe('bad-boxes')
		expect(await add(two.methodToken, { ...good.form, kemKey: first.form.kemKey })).toBe('bad-boxes')
		expect(await add(two.methodToken, good.form)).toBe('ok')
	})

	it('stops at 16 live devices', async () => {
		const fay = await signUpInvited(server, alice, 'fay')
		for (let live = 1; live < 16; live++) {
			const { methodToken } = await server.domain.signIn // the limit on sign-ins is another test's
				.finishRecovery(await provenDirectly(fay))
				.then((proven) => (proven.ok ? proven.value : Promise.reject(new Error('refused'))))
			const state = await server.domain.accountStates.get(fay.account.idHash)
			const { form } = await newDevice(fay, state as AccountState, fay.recovery)
			expect(await codeOf(anonymous(server).call((api) => api.accounts.addDevice({ methodToken, ...form })))).toBe('ok')
		}
		const proven = await server.domain.signIn.finishRecovery(await provenDirectly(fay))
		const state = await server.domain.accountStates.get(fay.account.idHash)
		const { form } = await newDevice(fay, state as AccountState, fay.recovery)
		const methodToken = proven.ok ? proven.value.methodToken : ''
		expect(await codeOf(anonymous(server).call((api) => api.accounts.addDevice({ methodToken, ...form })))).toBe(
			'too-many-devices',
		)
	})
})

/** A recovery proof for the domain itself, from an address of its own each time. */
let address = 0
async function provenDirectly(person: Person) {
	const started = await server.domain.signIn.startRecovery(person.name, { ip: `192.0.2.${++address}` })
	if (!started.ok) throw new Error('refused')
	const { recoveryId, account, serverNonce } = started.value
	const form = await recoveryForm(
		person,
		{ recoveryId, account: toText(account), serverNonce: toText(serverNonce) },
		person.recovery,
	)
	return {
		recoveryId,
		methodKey: toBytes(form.methodKey),
		clientNonce: toBytes(form.clientNonce),
		signature: toBytes(form.signature),
	}
}

describe('a device that retires', () => {
	it('ends its sessions and is let in no more', async () => {
		const gus = await signUpInvited(server, alice, 'gus')
		const { crypto } = await clientCrypto()
		const at = { idHash: gus.account.idHash, head: gus.account.head, now: Date.now() }
		const entry = toText(encode(signedEntry, await retireDeviceEntry(crypto, at, gus.device)))
		const ended: string[] = []
		server.domain.cluster.subscribe('session-ended', ({ sid, code }) => ended.push(`${sid} ${code}`))
		expect(await codeOf(alice.http.call((api) => api.accounts.retireDevice({ entry })))).toBe('stale-head')
		expect(await codeOf(gus.http.call((api) => api.accounts.retireDevice({ entry })))).toBe('ok')
		expect(ended).toEqual([`${gus.session.sid} device-ended`])
		expect(await codeOf(gus.http.call((api) => api.accounts.me()))).toBe('device-ended')
		const refresh = await refreshForm(gus)
		expect(await codeOf(anonymous(server).call((api) => api.auth.refresh(refresh)))).toBe('device-ended')
		const proven = await must(recover(gus, gus.recovery))
		// Its VK box went with it; the methods' boxes stay.
		expect(proven.bundle.vkBoxes).toHaveLength(2)
		const open = await openForm(gus, proven)
		expect(await codeOf(anonymous(server).call((api) => api.auth.openSession(open)))).toBe('device-ended')
		expect(await server.domain.repositories.devices.owner(gus.device.deviceId)).toEqual(gus.account.idHash)
	})
})
