/** What the world sees: the public origin, asked as a browser asks it, and the mail server. Nothing else is ever asked. */
import { doctorHeaders } from '#protocol/http/doctor.ts'
import type { Config, MailConfig } from '#server/config.ts'
import { checkMailServer } from '#server/mail/smtp-mailer.ts'
import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { problem, warning, well, type Finding } from './finding.ts'

export const networkLimits = {
	/** A proxy that takes a request and never answers, ms. */
	patience: 10_000,
	/** One that answers without end. */
	answerBytes: 64 * 1024,
} as const

export interface OwnInstance {
	/** base64url of the public key; null: the secrets cannot be read. */
	readonly serverKey: string | null
	/** What the server answers by whom it counts (domain/doctor-question.ts). */
	readonly question: string | null
}

export async function lookAtNetwork(
	config: Pick<Config, 'origin' | 'mail' | 'tls' | 'proxyHops' | 'host'>,
	{ serverKey, question }: OwnInstance,
	patience: number = networkLimits.patience,
): Promise<Finding[]> {
	const { origin, mail } = config
	const mailed = await lookAtMail(mail)
	if (origin === null) {
		const is = 'KITH_ORIGIN is not set, so nobody is asked'
		return [warning('origin', is, 'Set it in production: links carry it, and other origins are refused.'), mailed]
	}
	const answered = await lookAtOrigin(origin, serverKey, patience)
	if (answered.state === 'problem') return [answered, mailed]
	const counted = question === null ? null : await askCaller(origin, question, patience)
	return [answered, await lookAtUpgrade(origin, patience), lookAtProxy(config, counted), mailed]
}

interface Answer {
	readonly status: number
	readonly headers: IncomingMessage['headers']
	readonly body: string
}

/** Rejects with a short reason. */
function ask(url: string, patience: number, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
	const request = url.startsWith('https:') ? httpsRequest : httpRequest
	return new Promise((resolve, reject) => {
		const signal = AbortSignal.timeout(patience)
		const asked = request(url, { headers, signal }, (response) => {
			let body = ''
			response.setEncoding('utf8').on('data', (text: string) => {
				body += text
				if (body.length > networkLimits.answerBytes) asked.destroy(new Error('the answer never ends'))
			})
			response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
		})
		asked.once('upgrade', (response, socket) => {
			socket.destroy()
			resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
		})
		asked.once('error', (error: NodeJS.ErrnoException) =>
			reject(new Error(signal.aborted ? `no answer in ${patience / 1000} s` : (error.code ?? error.message))),
		)
		asked.end()
	})
}

async function lookAtOrigin(origin: string, instance: string | null, patience: number): Promise<Finding> {
	const about = 'origin'
	const answer = await ask(`${origin}/api/v1/instance`, patience).catch((error: Error) => error)
	if (answer instanceof Error)
		return problem(
			about,
			`${origin} does not answer (${answer.message})`,
			'Start the server and the proxy, look at DNS and certificate.',
		)
	const said = serverKeyIn(answer.body)
	if (answer.status !== 200 || said === null)
		return problem(
			about,
			`${origin} answers ${answer.status}, and not as a Kith`,
			'Let the proxy forward everything to PORT.',
		)
	if (instance !== null && said !== instance)
		return problem(about, `${origin} is another Kith`, 'Let the proxy forward to this one, or set KITH_ORIGIN.')
	if (!origin.startsWith('https:') && !isLocal(origin))
		return warning(
			about,
			`${origin} answers, without HTTPS`,
			'Browsers give encryption to pages over HTTPS only: docs/hosting.md.',
		)
	return well(about, `${origin} answers`)
}

function serverKeyIn(body: string): string | null {
	try {
		const { serverKey } = JSON.parse(body) as { serverKey?: unknown }
		return typeof serverKey === 'string' ? serverKey : null
	} catch {
		return null
	}
}

function isLocal(origin: string): boolean {
	return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname)
}

async function lookAtUpgrade(origin: string, patience: number): Promise<Finding> {
	const about = 'websocket'
	const headers = {
		...{ connection: 'Upgrade', upgrade: 'websocket', origin, 'sec-websocket-version': '13' },
		...{ 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': 'kith.mux.1' },
	}
	const answer = await ask(`${origin}/sync`, patience, headers).catch((error: Error) => error)
	if (!(answer instanceof Error) && answer.status === 101) return well(about, 'the upgrade of /sync comes through')
	const is = answer instanceof Error ? answer.message : `answered ${answer.status}`
	return problem(
		about,
		`no upgrade of /sync: ${is}`,
		'Let the proxy hand on Upgrade and Connection, and leave the Origin header as it is: docs/hosting.md.',
	)
}

/** Of nobody (RFC 5737): whoever is counted by it has chosen it himself. */
const invented = '203.0.113.77'

/** The address that limits would count, of somebody who claims another; null where it is not told, as by an older Kith. */
async function askCaller(origin: string, question: string, patience: number): Promise<string | null> {
	const headers = { [doctorHeaders.question]: question, 'x-forwarded-for': invented }
	const answer = await ask(`${origin}/api/v1/instance`, patience, headers).catch(() => null)
	const said = answer?.headers[doctorHeaders.answer]
	return typeof said === 'string' ? said : null
}

/** `counted`: by what address somebody is counted who claims another. */
function lookAtProxy(
	{ origin, tls, proxyHops, host }: Pick<Config, 'origin' | 'tls' | 'proxyHops' | 'host'>,
	counted: string | null,
): Finding {
	const about = 'proxy'
	if (counted === invented)
		return problem(
			about,
			'anybody chooses the address that limits count, by X-Forwarded-For',
			'Set KITH_PROXY_HOPS to the number of your proxies, and let them append to X-Forwarded-For or replace it.',
		)
	// HTTPS that is not ours is a proxy's.
	const isBehindProxy = origin?.startsWith('https:') === true && tls === null
	if (isBehindProxy && proxyHops === 0)
		return warning(
			about,
			'there is one, and KITH_PROXY_HOPS is 0',
			'Set it to the number of your proxies: else limits count all people as one address.',
		)
	if (!isBehindProxy && proxyHops > 0 && host !== '127.0.0.1' && host !== 'localhost')
		return warning(
			about,
			`KITH_PROXY_HOPS is ${proxyHops}, and everybody may reach PORT on ${host}`,
			'Set HOST=127.0.0.1: else anybody chooses the address that limits count.',
		)
	return well(
		about,
		`KITH_PROXY_HOPS is ${proxyHops}${counted === null ? '' : `, and no claim of a caller's is believed`}`,
	)
}

async function lookAtMail(mail: MailConfig | null): Promise<Finding> {
	const about = 'mail'
	if (mail === null) return well(about, 'not configured: the app offers links instead')
	const failure = await checkMailServer(mail)
	if (failure === null) return well(about, `${mail.smtp.host} takes our connection`)
	return problem(about, `${mail.smtp.host}: ${failure}`, 'Look at KITH_SMTP_URL: name, port, user and password.')
}
