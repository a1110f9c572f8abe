import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSmtpMailer, type SmtpMailer } from '#server/mail/smtp-mailer.ts'
import { writeMail } from '#server/mail/write-mail.ts'
import type { Mail } from '#server/domain/mail-ports.ts'
import type { LogFields } from '#server/domain/log.ts'
import { fakeTime, type FakeTime } from '../../support/fake-timers.ts'
import { mailOrigin, startMailServer, type MailServer } from '../../support/mail-server.ts'

const minute = 60_000
const invitation = (to: string): Mail => ({ type: 'invitation', to, from: 'alice', name: 'bob' })

describe('the mailer', () => {
	let server: MailServer
	let mailer: SmtpMailer
	let time: FakeTime
	let lines: { event: string; fields: LogFields }[]
	let logged: Promise<void>
	let told = () => {}

	beforeEach(async () => {
		server = await startMailServer()
		time = fakeTime()
		lines = []
		logged = new Promise((resolve) => (told = resolve))
		const note = (event: string, fields: LogFields = {}) => {
			lines.push({ event, fields })
			told()
		}
		const { port } = new URL(server.env['KITH_SMTP_URL'] ?? '')
		const smtp = { host: '127.0.0.1', port: Number(port), isTls: false, login: null }
		const log = { debug: note, info: note, warn: note, error: note }
		const mail = { smtp, from: 'kith@example.org', origin: mailOrigin }
		mailer = createSmtpMailer({ mail, server: 'Our "house" <1>', log, timers: time.timers })
	})
	afterEach(async () => {
		const stopped = mailer.stop()
		await time.advance(10_000)
		await stopped
		await server.close()
	})

	it('sends text and simple HTML, from the instance, to one recipient, and says that a machine wrote it', async () => {
		mailer.send(async () => invitation('bob@example.org'))
		const mail = await server.next()
		expect(mail).toMatchObject({ from: 'kith@example.org', to: ['bob@example.org'], link: '/invited#alice' })
		expect(mail.headers.get('to')).toBe('bob@example.org')
		expect(mail.headers.get('from')).toBe('"Our \\"house\\" <1>" <kith@example.org>')
		expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
		expect(mail.text).toContain(`${mailOrigin}/invited#alice`)
		expect(mail.html).toContain(`<a href="${mailOrigin}/invited#alice">`)
		expect(mail.html).toContain('Our &quot;house&quot; &lt;1&gt;')
		expect(mail.html).not.toMatch(/<img|<script|<link|<style|src=/)
	})

	it('goes on after a mail that there is nothing to say in, and after one that could not be composed', async () => {
		mailer.send(async () => null)
		mailer.send(() => Promise.reject(new Error('bob@example.org')))
		mailer.send(async () => invitation('carol@example.org'))
		expect((await server.next()).to).toEqual(['carol@example.org'])
		expect(lines.map(({ event }) => event)).toEqual(['mail failed'])
	})

	it('tries again what was put off, and says no address', async () => {
		server.refuseOnce(451)
		mailer.send(async () => invitation('bob@example.org'))
		await logged
		expect(lines).toEqual([{ event: 'mail put off', fields: { code: 'EMESSAGE', status: 451, count: 1 } }])
		await time.advance(minute)
		expect((await server.next()).to).toEqual(['bob@example.org'])
	})

	it('drops what was refused', async () => {
		server.refuseOnce(550)
		mailer.send(async () => invitation('bob@example.org'))
		mailer.send(async () => invitation('carol@example.org'))
		expect((await server.next()).to).toEqual(['carol@example.org'])
		expect(lines).toEqual([{ event: 'mail given up', fields: { code: 'EMESSAGE', status: 550, count: 1 } }])
		expect(time.pending()).toBe(0)
	})

	it('drops what is beyond a thousand, instead of growing', async () => {
		server.hold()
		for (let i = 0; i < 1010; i++) mailer.send(async () => null)
		expect(lines.map(({ event }) => event)).toEqual(Array(10).fill('mail dropped'))
	})

	it('sends nothing once it is stopped, and does not wait for a mail server that is silent', async () => {
		server.hold()
		mailer.send(async () => invitation('bob@example.org'))
		const stopped = mailer.stop()
		await time.advance(2_000)
		await stopped
		mailer.send(async () => invitation('carol@example.org'))
		expect(server.mails).toEqual([])
	})
})

describe('a written mail', () => {
	it('keeps what is filled in on its line', () => {
		const { subject, text } = writeMail(invitation('bob@example.org'), {
			server: 'Kith\r\nBcc: all',
			origin: mailOrigin,
		})
		expect(subject).toBe('@alice wants to be friends on Kith Bcc: all')
		expect(text).not.toContain('\r')
	})

	it('carries the token behind the #, where no server sees it', () => {
		const mail: Mail = { type: 'confirmation', to: 'bob@example.org', name: 'bob', token: 'secret-token' }
		const { text, html, subject } = writeMail(mail, { server: 'Kith', origin: mailOrigin })
		expect(text).toContain(`${mailOrigin}/confirm-email#secret-token\n`)
		expect(html).toContain(`href="${mailOrigin}/confirm-email#secret-token"`)
		expect(subject).not.toContain('secret-token')
	})
})
