import { expect, onTestFinished, test } from 'vitest'
import { base64urlToBytes, type Bytes } from '#protocol/bytes.ts'
import { rateLimits } from '#server/domain/rate-limits.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { findLeaks } from '../support/leak-search.ts'
import { ask } from '../support/raw-http.ts'
import { peopled, setup, setupGrant, world, type Story } from '../support/story.ts'
import { storyClock } from '../support/story-clock.ts'
import { must, now, refusal } from '../support/watching.ts'
import { accessTokenOf, befriend, friendUntil, signUp, type Person } from '../support/world.ts'

const hour = 60 * 60 * 1000
const code = (wanted: string) => ({ type: 'server', code: wanted })

async function mailServer(): Promise<MailServer> {
	const mail = await startMailServer()
	onTestFinished(() => mail.close())
	return mail
}

async function withMail<Name extends string>(...names: Name[]): Promise<Story<Name> & { mail: MailServer }> {
	const mail = await mailServer()
	return { ...(await peopled(await world({ env: mail.env }), names)), mail }
}

const addressOf = (person: Person) => `${person.name}@example.org`
const ownEmail = async ({ api }: Person) => must(await api.email())

/** Says the address and opens the link that comes. */
async function confirm(person: Person, mail: MailServer, address = addressOf(person)): Promise<void> {
	must(await person.api.setEmail({ address }))
	const { to, fragment } = await mail.next()
	expect(to).toEqual([address])
	must(await person.api.confirmEmail({ token: fragment }))
	expect(await ownEmail(person)).toEqual({ address, pending: null })
}

const invite = (person: Person, address: string) => person.api.inviteByEmail({ address })

test('[A1] an address given at sign-up is there from the start, and counts once its link was opened', async () => {
	const mail = await mailServer()
	const story = await world({ env: mail.env })
	const device = await story.device('alice')
	const grant = await setupGrant(story)
	const form = { name: 'alice', displayName: 'Alice', password: 'alice correct horse battery staple', grant }
	expect(refusal(await device.api.prepareSignUp({ ...form, email: 'alice at example.org' }))).toEqual(code('bad-email'))
	const { words, ask: asked } = must(await device.api.prepareSignUp({ ...form, email: ' Alice@Example.org ' }))
	expect(mail.mails).toEqual([])
	must(await device.api.completeSignUp({ words: [words[asked[0]] ?? '', words[asked[1]] ?? ''] }))
	expect(must(await device.api.email())).toEqual({ address: null, pending: 'alice@example.org' })
	const confirmation = await mail.next()
	expect(confirmation).toMatchObject({ to: ['alice@example.org'], from: 'kith@example.org' })
	expect(confirmation.link).toMatch(/^\/confirm-email#[A-Za-z0-9_-]{32}$/)
	expect(confirmation.text).toContain('@alice')
	must(await device.api.confirmEmail({ token: confirmation.fragment }))
	expect(must(await device.api.email())).toEqual({ address: 'alice@example.org', pending: null })
	must(await device.api.setEmail({ address: null }))
	expect(must(await device.api.email())).toEqual({ address: null, pending: null })
})

test('[F1] Alice invites Bob by his address: he gets a mail with her name, asks her, and she accepts', async () => {
	const { alice, bob, mail } = await withMail('alice', 'bob')
	await confirm(bob, mail)
	const { sent, url, letsIn } = must(await invite(alice, 'Bob@example.ORG'))
	expect([sent, letsIn]).toEqual([true, true])
	expect(must(await bob.api.readLink({ url }))).toMatchObject({ account: alice.account })
	const invitation = await mail.next()
	expect(invitation.to).toEqual(['bob@example.org'])
	expect(invitation.headers.get('subject')).toBe('@alice wants to be friends on Kith')
	expect(invitation.link).toBe('/invited#alice')
	must(await bob.api.requestFriend({ name: invitation.fragment }))
	await friendUntil(alice, bob, 'incoming')
	must(await alice.api.acceptFriend({ account: bob.account }))
	// The server wrote the mail, so who is met by it is met on first use and not verified.
	expect((await friendUntil(bob, alice, 'accepted'))[0]).toMatchObject({ verified: false })
})

test('[F1] an unknown address gives a link to hand on, and that link lets the newcomer in', async () => {
	const { alice, world, mail } = await withMail('alice')
	const { sent, url, letsIn } = must(await invite(alice, 'nobody@example.org'))
	expect([sent, letsIn]).toEqual([true, true])
	const dora = await world.device('dora')
	const { invite: token, account } = must(await dora.api.readLink({ url }))
	expect(account).toBe(alice.account)
	const signedUp = await signUp(dora, { type: 'invite', token: token ?? '' })
	must(await signedUp.api.requestFriend({ url }))
	await friendUntil(alice, signedUp, 'incoming')
	expect(mail.mails).toEqual([])
})

test('[F1] who may not invite gets a link all the same, for people who are here', async () => {
	const { bob, alice, mail } = await withMail('alice', 'bob')
	await confirm(alice, mail)
	const known = must(await invite(bob, 'alice@example.org'))
	const unknown = must(await invite(bob, 'nobody@example.org'))
	expect(known).toEqual(unknown)
	expect(known).toMatchObject({ sent: true, letsIn: false })
	expect(must(await alice.api.readLink({ url: known.url }))).toMatchObject({ account: bob.account, invite: null })
})

test('[F2] [A1] on a server without mail addresses are refused, and an invitation is a link', async () => {
	const { alice } = await setup('alice')
	expect(await now(alice.api, 'session', null)).toMatchObject({ instance: { mail: false } })
	expect(refusal(await alice.api.setEmail({ address: 'alice@example.org' }))).toEqual(code('no-mail'))
	const { sent, url, letsIn } = must(await invite(alice, 'bob@example.org'))
	expect([sent, letsIn]).toEqual([false, true])
	expect(must(await alice.api.readLink({ url }))).toMatchObject({ self: true })
})

test('[F2] an address that is none, and the own one, are refused with their reason', async () => {
	const { alice, mail } = await withMail('alice')
	expect(await now(alice.api, 'session', null)).toMatchObject({ instance: { mail: true } })
	await confirm(alice, mail)
	expect(refusal(await invite(alice, 'alice@example.org'))).toEqual(code('yourself'))
	for (const address of ['', 'bob', 'bob@', '@example.org', 'bob@example..org', 'a b@example.org'])
		expect(refusal(await invite(alice, address)), address).toEqual(code('bad-email'))
})

test('[F2] [EML4] the answer is one and the same for known, unknown, blocked and befriended addresses, and comes before any mail', async () => {
	const { alice, bob, charlie, world, mail } = await withMail('alice', 'bob', 'charlie')
	await confirm(bob, mail)
	await confirm(charlie, mail)
	await befriend(alice, charlie)
	const path = '/friends/email-invitations'
	const token = await accessTokenOf(alice)
	// The mailbox answers nothing: an answer that waited for it would never come.
	mail.hold()
	const answers = []
	for (const address of ['bob@example.org', 'nobody@example.org', 'charlie@example.org', 'bob@example.org'])
		answers.push(await ask(alice, { method: 'POST', path, body: { address }, token }))
	for (const answer of answers) expect(answer).toEqual({ status: 200, code: null, body: {} })
	mail.release()
	expect((await mail.next()).to).toEqual(['bob@example.org'])
	must(await bob.api.block({ account: alice.account }))
	expect(await ask(alice, { method: 'POST', path, body: { address: 'bob@example.org' }, token })).toEqual(answers[0])
	// The queue is one after the other: what comes last shows that nothing came between.
	must(await charlie.api.setEmail({ address: 'charlie@example.net' }))
	expect((await mail.next()).to).toEqual(['charlie@example.net'])
	const logged = JSON.stringify(world.server.lines)
	expect(logged).not.toMatch(/example\.(org|net)/)
})

test('[F2] [EML3] [EML4] who sets an address does not learn whether somebody has it; it goes to who opened the link last', async () => {
	const { alice, bob, charlie, mail } = await withMail('alice', 'bob', 'charlie')
	await confirm(alice, mail, 'shared@example.org')
	must(await bob.api.setEmail({ address: 'shared@example.org' }))
	must(await charlie.api.setEmail({ address: 'free@example.org' }))
	expect(await ownEmail(bob)).toEqual({ address: null, pending: 'shared@example.org' })
	const [toShared] = [await mail.next(), await mail.next()]
	expect(await ownEmail(alice)).toEqual({ address: 'shared@example.org', pending: null })
	must(await bob.api.confirmEmail({ token: toShared.fragment }))
	expect(await ownEmail(alice)).toEqual({ address: null, pending: null })
	expect(await ownEmail(bob)).toEqual({ address: 'shared@example.org', pending: null })
})

test('[F2] [EML2] nobody confirms a stranger’s address: neither by guessing, nor by the stranger’s own click', async () => {
	const { alice, bob, mail } = await withMail('alice', 'bob')
	must(await alice.api.setEmail({ address: 'bob@example.org' }))
	const { fragment } = await mail.next()
	// Bob, whose mailbox it is, opens the link; he is signed in as himself.
	expect(refusal(await bob.api.confirmEmail({ token: fragment }))).toEqual(code('bad-confirmation'))
	const path = '/account/email/confirm'
	expect((await ask(bob, { method: 'POST', path, body: { token: fragment }, token: null })).code).toBe(
		'unauthenticated',
	)
	for (const token of ['', 'A'.repeat(32), `${fragment.slice(0, -1)}_`])
		expect(refusal(await alice.api.confirmEmail({ token }))).toEqual(code('bad-confirmation'))
	expect(await ownEmail(alice)).toEqual({ address: null, pending: 'bob@example.org' })
})

test('[A1] [EML2] a confirmation works once, until the next one is asked for, and for a day', async () => {
	const mail = await mailServer()
	const { clock, advance } = storyClock()
	const { alice, world: story } = await peopled(await world({ env: mail.env, clock }), ['alice'])
	must(await alice.api.setEmail({ address: 'old@example.org' }))
	must(await alice.api.setEmail({ address: 'alice@example.org' }))
	const [old, newest] = [await mail.next(), await mail.next()]
	expect(refusal(await alice.api.confirmEmail({ token: old.fragment }))).toEqual(code('bad-confirmation'))
	must(await alice.api.confirmEmail({ token: newest.fragment }))
	expect(refusal(await alice.api.confirmEmail({ token: newest.fragment }))).toEqual(code('bad-confirmation'))
	must(await alice.api.setEmail({ address: 'late@example.org' }))
	const { fragment } = await mail.next()
	const tokens = [old, newest]
		.map((one) => ({ name: 'token', value: one.fragment }))
		.concat({ name: 'late', value: fragment })
	expect(findLeaks(tokens, await story.server.kept()), 'hashed at rest').toEqual([])
	advance(24 * hour + 1000)
	expect(refusal(await alice.api.confirmEmail({ token: fragment }))).toEqual(code('bad-confirmation'))
	expect(await ownEmail(alice)).toEqual({ address: 'alice@example.org', pending: null })
	await story.server.domain.emails.dropExpired()
	const { emails } = story.server.domain.repositories
	expect(await emails.pending(base64urlToBytes(alice.account) as Bytes)).toBeNull()
})

test('[F2] nobody’s mailbox is filled: not by one, not by many, and the flood is not told apart', async () => {
	// The first and the third come to the same node where there are two: each sends its mails in their order.
	const { charlie, alice, mail } = await withMail('alice', 'bob', 'charlie')
	// Charlie’s confirmations to a stranger: so many go out, the rest is dropped without a word, then he has to wait.
	const { emailByAccount, confirmationByAddress } = rateLimits
	const answers: string[] = []
	for (let i = 0; i < emailByAccount.points + 2; i++) {
		const result = await charlie.api.setEmail({ address: 'victim@example.org' })
		answers.push(result.ok ? 'ok' : result.error.type === 'server' ? result.error.code : result.error.type)
	}
	expect(answers).toEqual([...Array<string>(emailByAccount.points).fill('ok'), 'rate-limited', 'rate-limited'])
	expect(await sentTo('victim@example.org', { mail, last: [alice] })).toBe(confirmationByAddress.points)
})

test('[F2] one who is here is invited by mail once a day by each, and so often by all together', async () => {
	const many = ['alice', 'charlie', 'dora', 'emil', 'fritz', 'gerda'] as const
	const { mail, bob, ...people } = await withMail('bob', ...many)
	await confirm(bob, mail)
	const inviters = many.map((name) => people[name])
	const { emailInviteByAddress, emailInviteByPair } = rateLimits
	expect([emailInviteByPair.points, inviters.length]).toEqual([1, emailInviteByAddress.points + 1])
	for (let i = 0; i < 3; i++) must(await invite(people.alice, addressOf(bob)))
	for (const one of inviters) must(await invite(one, addressOf(bob)))
	// With the confirmation of his own.
	expect(await sentTo(addressOf(bob), { mail, last: [people.alice, people.charlie] })).toBe(
		1 + emailInviteByAddress.points,
	)
	const invitations = mail.mails.filter(({ to: [to], link }) => to === addressOf(bob) && link.startsWith('/invited'))
	expect(invitations.filter(({ fragment }) => fragment === 'alice')).toHaveLength(1)
})

/** Mails of one node go out in order: what is asked for last comes last. `last`: of each node that sent some, one. */
async function sentTo(address: string, { mail, last }: { mail: MailServer; last: readonly Person[] }): Promise<number> {
	for (const { api } of last) must(await api.setEmail({ address: 'last@example.org' }))
	for (let came = 0; came < last.length;) if ((await mail.next()).to[0] === 'last@example.org') came++
	return mail.mails.filter(({ to }) => to[0] === address).length
}

test('[F2] inviting by the score has to wait', async () => {
	const { alice } = await withMail('alice')
	const token = await accessTokenOf(alice)
	const { points } = rateLimits.emailInviteByAccount
	const codes: (string | null)[] = []
	for (let i = 0; i < points + 2; i++) {
		const body = { address: `person${i}@example.org` }
		codes.push((await ask(alice, { method: 'POST', path: '/friends/email-invitations', body, token })).code)
	}
	expect(codes).toEqual([...Array<null>(points).fill(null), 'rate-limited', 'rate-limited'])
})

test('[F2] [EML1] an address carries no header, no second recipient and no command', async () => {
	const { alice, mail } = await withMail('alice')
	const hostile = [
		'bob@example.org\r\nBcc: all@example.org',
		'bob@example.org\nSubject: hello',
		'bob@example.org,all@example.org',
		'bob@example.org>\r\nRCPT TO:<all@example.org',
		'"Bob" <bob@example.org>',
		'bob@example.org\0',
		'bob\u2028@example.org',
		'b\u00f6b@example.org',
		`${'a'.repeat(65)}@example.org`,
		`a@${'b.'.repeat(130)}org`,
	]
	const token = await accessTokenOf(alice)
	for (const address of hostile) {
		for (const path of ['/account/email', '/friends/email-invitations'] as const) {
			const method = path === '/account/email' ? 'PUT' : 'POST'
			const { code: refused } = await ask(alice, { method, path, body: { address }, token })
			expect(['bad-email', 'malformed'], JSON.stringify(address)).toContain(refused)
		}
	}
	await confirm(alice, mail)
	expect(mail.mails.map(({ to }) => to)).toEqual([['alice@example.org']])
})
