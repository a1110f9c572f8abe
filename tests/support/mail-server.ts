/** A real SMTP server with one mailbox for everybody: what it took, in the order in which it came. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
	readonly from: string
	/** Recipients of the envelope. */
	readonly to: readonly string[]
	/** Names in small letters, folded lines joined. */
	readonly headers: ReadonlyMap<string, string>
	readonly text: string
	readonly html: string
	/** As it came. */
	readonly raw: string
	/** The one address in its text, from the path on. */
	readonly link: string
	/** What the link carries behind its #. */
	readonly fragment: string
}

export interface MailServer {
	/** For `startTestServer`. */
	readonly env: Readonly<Record<string, string>>
	readonly mails: readonly ReceivedMail[]
	/** The oldest mail that nobody has taken yet. */
	next(): Promise<ReceivedMail>
	/** Answers no mail any more until `release`. */
	hold(): void
	release(): void
	/** The next mail meets this answer, 4xx or 5xx. */
	refuseOnce(code: number): void
	close(): Promise<void>
}

export const mailOrigin = 'https://chat.example.org'
const patience = 20_000

/** `account`: who must sign in; its password may change meanwhile. Default: nobody. */
export async function startMailServer(
	account: { readonly user: string; password: string } | null = null,
): Promise<MailServer> {
	const mails: ReceivedMail[] = []
	let taken = 0
	let refusal: number | null = null
	let held: Promise<void> | null = null
	let release = () => {}
	const waiting: (() => void)[] = []

	const server = new SMTPServer({
		...{ authOptional: account === null, allowInsecureAuth: true, logger: false, disableReverseLookup: true },
		disabledCommands: account === null ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
		onAuth: ({ username, password }, _, callback) =>
			account !== null && username === account.user && password === account.password
				? callback(null, { user: username })
				: callback(new Error('refused by the test')),
		onData: (stream, session, callback) => {
			const chunks: Buffer[] = []
			stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
			stream.on('end', () => {
				const code = refusal
				refusal = null
				if (code !== null) return callback(Object.assign(new Error('refused by the test'), { responseCode: code }))
				const { mailFrom, rcptTo } = session.envelope
				const from = mailFrom === false ? '' : mailFrom.address
				const to = rcptTo.map(({ address }) => address)
				void (held ?? Promise.resolve()).then(() => {
					mails.push(readMail(Buffer.concat(chunks).toString('utf8'), { from, to }))
					callback()
					for (const wake of waiting.splice(0)) wake()
				})
			})
		},
	})
	// A client that went away in the middle is the business of the story.
	server.on('error', () => undefined)
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	const { port } = server.server.address() as AddressInfo

	return {
		env: { KITH_SMTP_URL: `smtp://127.0.0.1:${port}`, KITH_MAIL_FROM: 'kith@example.org', KITH_ORIGIN: mailOrigin },
		mails,
		next: async () => {
			const deadline = Date.now() + patience
			while (mails.length <= taken) {
				if (Date.now() > deadline) throw new Error(`no mail came; so far: ${JSON.stringify(mails.map(({ to }) => to))}`)
				await arrival(waiting)
			}
			return mails[taken++] as ReceivedMail
		},
		hold: () => {
			held = new Promise((resolve) => (release = resolve))
		},
		release: () => {
			held = null
			release()
		},
		refuseOnce: (code) => {
			refusal = code
		},
		close: () => {
			release()
			return new Promise((resolve) => server.close(() => resolve()))
		},
	}
}

function arrival(waiting: (() => void)[]): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, patience)
		waiting.push(() => {
			clearTimeout(timer)
			resolve()
		})
	})
}

function readMail(raw: string, envelope: { from: string; to: readonly string[] }): ReceivedMail {
	const { headers, body } = partOf(raw)
	const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1]
	const parts =
		boundary === undefined
			? []
			: body
					.split(`--${boundary}`)
					.slice(1, -1)
					.map((part) => partOf(part.trim()))
	const find = (type: string) => parts.find((part) => part.headers.get('content-type')?.startsWith(type))?.body ?? ''
	const text = find('text/plain')
	const url = new URL(/https?:\S+/.exec(text)?.[0] ?? 'https://nowhere.invalid/')
	const link = `${url.pathname}${url.hash}`
	return { ...envelope, headers, text, html: find('text/html'), raw, link, fragment: url.hash.slice(1) }
}

function partOf(raw: string): { headers: ReadonlyMap<string, string>; body: string } {
	const [head = '', ...rest] = raw.split('\r\n\r\n')
	const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
	const headers = new Map(
		lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
	)
	const body = rest.join('\r\n\r\n')
	const isQuoted = headers.get('content-transfer-encoding') === 'quoted-printable'
	return { headers, body: isQuoted ? unquote(body) : body }
}

function unquote(text: string): string {
	const joined = text.replace(/=\r\n/g, '')
	return joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}
