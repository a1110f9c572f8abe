import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
	anonymous,
	clientCrypto,
	codeOf,
	must,
	prepareSignUp,
	profileOf,
	signUp,
	signUpAdmin,
	signUpInvited,
	toBytes,
	toText,
	type Grant,
	type Person,
	type SignUpForm,
} from '#tests/support/http-person.ts'
import { startTestServer, type TestServer } from '#tests/support/server.ts'

function flipped(text: string, at: number): string {
	const bytes = toBytes(text)
	bytes[at < 0 ? bytes.length + at : at]! ^= 1
	return toText(bytes)
}

const finish = (server: TestServer, form: SignUpForm) =>
	codeOf(anonymous(server).call((api) => api.auth.finishRegistration(form)))
const check = (server: TestServer, name: string, grant: Grant) =>
	codeOf(anonymous(server).call((api) => api.auth.checkSignUp({ name, grant })))

describe('the set-up link', () => {
	let server: TestServer
	beforeAll(async () => {
		server = await startTestServer()
	})
	afterAll(() => server.close())

	it('makes the first account an administrator, once', async () => {
		const signUpMode = async () => (await must(anonymous(server).call((api) => api.instance.get()))).signUp
		expect(await signUpMode()).toBe('setup')
		const token = (await server.setupToken()) as string
		const alice = await signUp(server, 'alice', { type: 'setup', token })
		expect(alice.session.role).toBe('admin')
		expect(await signUpMode()).toBe('invite')
		expect(await check(server, 'second', { type: 'setup', token })).toBe('set-up-done')
		expect(await server.setupToken()).toBeNull()
	})

	it('ends with the next start, which prints another', async () => {
		const fresh = await startTestServer()
		const first = (await fresh.setupToken()) as string
		const second = (await fresh.setupToken()) as string
		expect(await check(fresh, 'alice', { type: 'setup', token: first })).toBe('bad-invite')
		expect(await check(fresh, 'alice', { type: 'setup', token: second })).toBe('ok')
		await fresh.close()
	})

	it('lets one of two who come at once be administrator', async () => {
		const fresh = await startTestServer()
		const grant: Grant = { type: 'setup', token: (await fresh.setupToken()) as string }
		const [one, two] = await Promise.all([prepareSignUp(fresh, 'one', grant), prepareSignUp(fresh, 'two', grant)])
		const codes = await Promise.all([finish(fresh, one.form), finish(fresh, two.form)])
		expect(codes.sort()).toEqual(['ok', 'set-up-done'])
		await fresh.close()
	})
})

describe('sign-up', () => {
	let server: TestServer
	let alice: Person
	beforeAll(async () => {
		server = await startTestServer()
		alice = await signUpAdmin(server)
	})
	afterAll(() => server.close())

	const invite = async (uses = 1): Promise<Grant> => {
		const { token } = await must(alice.http.call((api) => api.invites.create({ uses, days: 1 })))
		return { type: 'invite', token }
	}

	it('by an invitation makes a user, and takes one use', async () => {
		const grant = await invite(2)
		const bob = await signUp(server, 'bob', grant)
		expect(bob.session.role).toBe('user')
		const open = await must(alice.http.call((api) => api.invites.list()))
		expect(open.invites.map(({ usesLeft }) => usesLeft)).toEqual([1])
		await signUp(server, 'bobs-friend', grant)
		expect(await check(server, 'third', grant)).toBe('bad-invite')
	})

	it('takes no use for an account that was refused', async () => {
		const grant = await invite()
		const spoiled = await prepareSignUp(server, 'careless', grant)
		expect(await finish(server, { ...spoiled.form, vkBoxes: [] })).toBe('bad-account')
		await signUp(server, 'careful', grant)
	})

	it('gives the last use of an invitation to one of two', async () => {
		const grant = await invite()
		const [one, two] = await Promise.all([
			prepareSignUp(server, 'racer1', grant),
			prepareSignUp(server, 'racer2', grant),
		])
		const codes = await Promise.all([finish(server, one.form), finish(server, two.form)])
		expect(codes.sort()).toEqual(['bad-invite', 'ok'])
	})

	it('gives a name to one of two, and leaves the other his invitation', async () => {
		const [first, second] = [await invite(), await invite()]
		const [one, two] = await Promise.all([prepareSignUp(server, 'dup', first), prepareSignUp(server, 'DUP', second)])
		expect(await finish(server, one.form)).toBe('ok')
		expect(await finish(server, two.form)).toBe('name-taken')
		await signUp(server, 'dup2', second)
	})

	it('refuses names that are none, or taken in any case', async () => {
		const grant = await invite()
		for (const name of ['a', '', 'white space', 'ünicode', 'a/b', 'x'.repeat(33), 'K\u212alvin']) {
			expect([name, await check(server, name, grant)]).toEqual([name, 'bad-name'])
		}
		expect(await check(server, 'Alice', grant)).toBe('name-taken')
		expect(await check(server, 'al_ice.2-x', grant)).toBe('ok')
	})

	it('is closed without an invitation', async () => {
		expect(await check(server, 'anybody', { type: 'open' })).toBe('sign-up-closed')
		expect(await check(server, 'anybody', { type: 'invite', token: 'made-up' })).toBe('bad-invite')
		const start = { name: 'anybody', grant: { type: 'open' as const }, registrationRequest: 'x' }
		expect(await codeOf(anonymous(server).call((api) => api.auth.startRegistration(start)))).toBe('sign-up-closed')
	})

	it('ends with a revoked invitation, also between start and finish', async () => {
		const grant = await invite()
		const prepared = await prepareSignUp(server, 'tooslow', grant)
		const { invites } = await must(alice.http.call((api) => api.invites.list()))
		await must(alice.http.call((api) => api.invites.revoke({ id: invites[0]?.id ?? '' })))
		expect(await finish(server, prepared.form)).toBe('bad-invite')
		expect(await codeOf(alice.http.call((api) => api.invites.revoke({ id: invites[0]?.id ?? '' })))).toBe('not-found')
	})

	it('finishes a registration once', async () => {
		const prepared = await prepareSignUp(server, 'once', await invite(5))
		expect(await finish(server, prepared.form)).toBe('ok')
		expect(await finish(server, prepared.form)).toBe('login-expired')
	})

	it('takes the same account and device only once', async () => {
		const grant = await invite(5)
		const first = await prepareSignUp(server, 'firstname', grant)
		const again = await prepareSignUp(server, 'othername', grant)
		expect(await finish(server, first.form)).toBe('ok')
		const { registrationId, registrationRecord } = again.form
		expect(await finish(server, { ...first.form, registrationId, registrationRecord })).toBe('bad-account')
	})

	describe('by invitations of members', () => {
		const create = (by: Person, uses: number) => codeOf(by.http.call((api) => api.invites.create({ uses, days: 1 })))
		const left = async (by: Person) => (await must(by.http.call((api) => api.invites.list()))).left

		it('[A3] takes as many people as the operator lets each bring, whoever tries more at once', async () => {
			const user = await signUpInvited(server, alice, 'plain')
			expect(await create(user, 6)).toBe('invites-spent')
			const codes = await Promise.all([create(user, 3), create(user, 3), create(user, 3)])
			expect(codes.toSorted()).toEqual(['invites-spent', 'invites-spent', 'ok'])
			expect([await left(user), await left(alice)]).toEqual([2, null])
		})

		it('[A3] gives no place back that somebody took, and each that nobody did', async () => {
			const user = await signUpInvited(server, alice, 'host')
			const { id, token } = await must(user.http.call((api) => api.invites.create({ uses: 5, days: 1 })))
			await signUp(server, 'guest-of-host', { type: 'invite', token })
			expect(await left(user)).toBe(0)
			await must(user.http.call((api) => api.invites.revoke({ id })))
			expect(await left(user)).toBe(4)
			expect([await create(user, 5), await create(user, 4)]).toEqual(['invites-spent', 'ok'])
		})

		it('[A3] shows and revokes nobody’s but the own', async () => {
			const user = await signUpInvited(server, alice, 'curious')
			const theirs = await must(alice.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
			const mine = await must(user.http.call((api) => api.invites.create({ uses: 1, days: 1 })))
			const list = await must(user.http.call((api) => api.invites.list()))
			expect(list.invites.map(({ id }) => id)).toEqual([mine.id])
			expect(await codeOf(user.http.call((api) => api.invites.revoke({ id: theirs.id })))).toBe('not-found')
			const all = await must(alice.http.call((api) => api.invites.list()))
			expect(all.invites.map(({ id }) => id)).toEqual(expect.arrayContaining([mine.id, theirs.id]))
		})
	})

	describe('refuses what its owner could never open again', () => {
		type Spoil = (form: SignUpForm, other: SignUpForm) => SignUpForm
		const spoils: Readonly<Record<string, Spoil>> = {
			'a signature of the create entry is wrong': (form) => ({ ...form, create: flipped(form.create, -1) }),
			'the create entry is changed': (form) => ({ ...form, create: flipped(form.create, 60) }),
			'bytes follow the create entry': (form) => ({ ...form, create: `${form.create}AAAA` }),
			'an X-Wing key is missing': (form) => ({ ...form, kemKeys: form.kemKeys.slice(1) }),
			'an X-Wing key stands twice': (form) => ({ ...form, kemKeys: [...form.kemKeys, form.kemKeys[0] as string] }),
			'an X-Wing key is of another account': (form, other) => ({
				...form,
				kemKeys: [...form.kemKeys.slice(1), other.kemKeys[0] as string],
			}),
			'a bind is missing': (form) => ({ ...form, binds: form.binds.slice(1) }),
			'a bind is for another method': (form, other) => ({ ...form, binds: [form.binds[0]!, other.binds[0]!] }),
			'a box is missing': (form) => ({ ...form, vkBoxes: form.vkBoxes.slice(1) }),
			'a box is for somebody else': (form, other) => ({
				...form,
				vkBoxes: [...form.vkBoxes.slice(1), other.vkBoxes[0]!],
			}),
			'a box is for another VK': (form) => ({ ...form, vkBoxes: form.vkBoxes.map((box) => ({ ...box, vkGen: 2 })) }),
			'a box is none': (form) => ({ ...form, vkBoxes: form.vkBoxes.map((box) => ({ ...box, box: 'AAAA' })) }),
			'the vault is of another account': (form, other) => ({ ...form, vault: other.vault }),
			'the vault is changed': (form) => ({ ...form, vault: flipped(form.vault, 200) }),
			'the profile is of another account': (form, other) => ({ ...form, profile: other.profile }),
			'the profile is changed': (form) => ({ ...form, profile: flipped(form.profile, -1) }),
		}

		it.each(Object.entries(spoils))('%s', async (_title, spoil) => {
			const grant = await invite()
			const [own, other] = [
				await prepareSignUp(server, 'spoiled', grant),
				await prepareSignUp(server, 'spoiled', grant),
			]
			expect(await finish(server, spoil(own.form, other.form))).toBe('bad-account')
		})

		it.each([
			['the account is from the past', -61_000],
			['the account is from the future', 61_000],
		])('%s', async (_title, offset) => {
			const prepared = await prepareSignUp(server, 'untimely', await invite(), Date.now() + offset)
			expect(await finish(server, prepared.form)).toBe('bad-account')
		})

		it('the profile is from the future', async () => {
			const prepared = await prepareSignUp(server, 'futurist', await invite())
			const { crypto } = await clientCrypto()
			const profile = await profileOf(crypto, prepared.account, 'Futurist', Date.now() + 3_600_000)
			expect(await finish(server, { ...prepared.form, profile })).toBe('bad-account')
		})

		it('the OPAQUE record is none', async () => {
			const prepared = await prepareSignUp(server, 'recordless', await invite())
			expect(await finish(server, { ...prepared.form, registrationRecord: 'AAAA' })).toBe('malformed')
		})
	})
})

describe('open sign-up', () => {
	it('lets anybody in, as a user', async () => {
		const server = await startTestServer({ env: { KITH_SIGN_UP: 'open' } })
		const bob = await signUp(server, 'bob', { type: 'open' })
		expect(bob.session.role).toBe('user')
		const admin = await signUpAdmin(server)
		expect(admin.session.role).toBe('admin')
		const mode = await must(anonymous(server).call((api) => api.instance.get()))
		expect(mode.signUp).toBe('open')
		await server.close()
	})
})
