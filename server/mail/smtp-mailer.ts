/**
 * Mail over SMTP, by nodemailer: a short queue in memory, one mail after the other, in the order of asking. What a mail server
 * puts off is tried again; what it refuses is dropped. A restart forgets the queue: whoever waits for a mail asks again.
 * Logs say that it failed and by which code, never whom a mail was for.
 */
import type { Timers } from '#protocol/ports.ts'
import { createTransport } from 'nodemailer'
import type { MailConfig } from '../config.ts'
import type { SmtpServer } from '../config-addresses.ts'
import type { Log } from '../domain/log.ts'
import type { Mail, Mailer } from '../domain/mail-ports.ts'
import { writeMail } from './write-mail.ts'

export interface SmtpMailer extends Mailer {
	/** What is being sent is finished or given up; nothing more goes out. */
	stop(): Promise<void>
}

export interface SmtpMailerOptions {
	readonly mail: MailConfig
	/** Name of this server. */
	readonly server: string
	readonly log: Log
	readonly timers: Timers
}

interface Job {
	readonly compose: () => Promise<Mail | null>
	readonly tries: number
}

const minute = 60_000
/** How long a mail waits after each failure that may pass; after the last it is given up. */
const pauses = [minute, 10 * minute]
/** People ask faster than the mail server takes: what is beyond this is dropped, so that memory stays bounded. */
const jobsMax = 1000
const connectTimeout = 15_000
const silenceTimeout = 30_000
/** A stop does not wait longer than this for a mail server that says nothing. */
const stopPatience = 2_000

export function createSmtpMailer({ mail, server, log, timers }: SmtpMailerOptions): SmtpMailer {
	const transport = createTransport(transportOptions(mail.smtp))
	const from = { name: server, address: mail.from }
	const jobs: Job[] = []
	const pending = new Set<() => void>()
	let running: Promise<void> | null = null
	let stopped = false

	function add(job: Job): void {
		if (stopped) return
		if (jobs.length >= jobsMax) return log.warn('mail dropped', { count: jobs.length })
		jobs.push(job)
		running ??= run().finally(() => (running = null))
	}

	async function run(): Promise<void> {
		// After the answer to whoever asked: the lookup for a mail must not be felt in it.
		await new Promise<void>((resolve) => setImmediate(resolve))
		for (let job = jobs.shift(); job !== undefined && !stopped; job = jobs.shift()) await attempt(job)
	}

	async function attempt({ compose, tries }: Job): Promise<void> {
		try {
			const composed = await compose()
			if (composed === null) return
			const written = writeMail(composed, { server, origin: mail.origin })
			await send(composed.to, written).catch((error: unknown) =>
				failed(error, { compose: async () => composed, tries }),
			)
		} catch (error) {
			log.error('mail failed', { error })
		}
	}

	async function send(to: string, { subject, text, html }: ReturnType<typeof writeMail>): Promise<void> {
		await transport.sendMail({
			...{ from, to: { name: '', address: to }, envelope: { from: mail.from, to: [to] }, subject, text, html },
			// RFC 3834: no holiday notice comes back.
			headers: { 'Auto-Submitted': 'auto-generated' },
			...{ disableFileAccess: true, disableUrlAccess: true },
		})
	}

	function failed(error: unknown, { compose, tries }: Job): void {
		const { code, responseCode } = error as { code?: string; responseCode?: number }
		const pause = responseCode !== undefined && responseCode >= 500 ? undefined : pauses[tries]
		const fields = {
			code: code ?? 'unknown',
			count: tries + 1,
			...(responseCode === undefined ? {} : { status: responseCode }),
		}
		log.warn(pause === undefined ? 'mail given up' : 'mail put off', fields)
		if (pause === undefined || stopped) return
		const forget = timers.after(pause, () => {
			pending.delete(forget)
			add({ compose, tries: tries + 1 })
		})
		pending.add(forget)
	}

	return {
		send: (compose) => add({ compose, tries: 0 }),
		stop: async () => {
			stopped = true
			for (const forget of pending) forget()
			const patience = new Promise<void>((resolve) => timers.after(stopPatience, resolve))
			await Promise.race([running, patience])
			transport.close()
		},
	}
}

/** Connects and signs in, and sends nothing. Null: that works; else the mail library's code for what does not. */
export async function checkMailServer({ smtp }: MailConfig): Promise<string | null> {
	const transport = createTransport(transportOptions(smtp))
	try {
		await transport.verify()
		return null
	} catch (error) {
		return (error as { code?: string }).code ?? 'unknown'
	} finally {
		transport.close()
	}
}

function transportOptions({ host, port, isTls, login }: SmtpServer) {
	return {
		...{ host, port, secure: isTls, connectionTimeout: connectTimeout, greetingTimeout: connectTimeout },
		socketTimeout: silenceTimeout,
		...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
		// A password goes to no other machine in the clear.
		requireTLS: login !== null && !isLoopback(host),
	}
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
