/**
 * Configuration: the only reader of the environment. Every variable has its sentence here, and docs/configuration.md is
 * made from it (`npm run docs`). A wrong value names itself and stops the start.
 */
import { foldEmailAddress } from '#protocol/email-address.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import * as z from 'zod'
import {
	blobStoreUrl,
	isOrigin,
	originList,
	postgresUrl,
	smtpUrl,
	type BlobStore,
	type PostgresServer,
	type SmtpServer,
} from './config-addresses.ts'
import { iceUrls, type IceConfig } from './config-ice.ts'

const wholeNumber = (min: number, max: number) =>
	z
		.string()
		.regex(/^\d{1,9}$/)
		.transform(Number)
		.refine((value) => value >= min && value <= max)

const filePath = z.string().min(1)

/** `must` completes the sentence "<NAME> is …: it must be <must>". `unset`: what holds without it, in words. */
interface Variable<T extends z.ZodType = z.ZodType> {
	readonly schema: T
	/** Its value is never repeated. */
	readonly secret?: true
	readonly must: string
	readonly unset: string
	readonly about: string
}

function variable<T extends z.ZodType>(schema: T, texts: Omit<Variable<T>, 'schema'>): Variable<T> {
	return { schema, ...texts }
}

export const variables = {
	KITH_DATA: variable(filePath.default('./data'), {
		must: 'a folder',
		unset: '`./data`',
		about:
			'Folder of everything that must be kept: the database, files that people sent and `secrets.json`. Made at the first start with mode 700.',
	}),
	DATABASE_URL: {
		...variable(postgresUrl.optional(), {
			must: 'postgres://user:password@host:5432/database, or postgres:///database?host=/var/run/postgresql, with at most ?sslmode=disable, require or verify-full',
			unset: 'SQLite: `kith.sqlite` in the data folder',
			about:
				'A PostgreSQL database (15 or newer) in the place of SQLite. Secrets and files stay in the data folder. To another machine the connection is TLS with a certificate that is checked (`verify-full`), unless `sslmode` says otherwise. Percent-encode what is special in user and password.',
		}),
		secret: true,
	},
	REDIS_URL: {
		...variable(z.url({ protocol: /^rediss?$/ }).optional(), {
			must: 'redis://user:password@host:6379/0, or rediss:// for TLS',
			unset: 'this server is alone',
			about:
				'Redis through which several servers on one PostgreSQL tell each other what is new. All of them have the same `DATABASE_URL`, and the same folder at `KITH_DATA`: keys, and files of messages. It keeps nothing that matters; version 6.2 or later.',
		}),
		secret: true,
	},
	PORT: variable(wholeNumber(0, 65_535).default(3000), {
		must: 'a whole number from 0 to 65535',
		unset: '`3000`',
		about: 'Port of web app, API and socket. 0 takes any free one.',
	}),
	HOST: variable(
		z
			.string()
			.refine((value) => value === 'localhost' || isIP(value) !== 0)
			.default('0.0.0.0'),
		{
			must: 'an IP address or "localhost"',
			unset: '`0.0.0.0`: every IPv4 interface',
			about: 'Address to listen on. Behind a proxy on the same machine use `127.0.0.1`.',
		},
	),
	KITH_ORIGIN: variable(z.string().refine(isOrigin).optional(), {
		must: 'an origin such as https://chat.example.org, with no path and no slash at the end',
		unset: '`http://localhost:<PORT>` in what is printed; requests are compared with their own `Host`',
		about:
			'The one address under which people open the app. Set it behind a proxy and in production: links carry it, and requests from pages of any other origin are refused.',
	}),
	KITH_TLS_CERT: variable(filePath.optional(), {
		must: 'the path of a PEM file',
		unset: 'plain HTTP',
		about:
			'Certificate chain for HTTPS without a proxy, together with `KITH_TLS_KEY`. Browsers give encryption to pages over HTTPS or on `localhost` only.',
	}),
	KITH_TLS_KEY: variable(filePath.optional(), {
		must: 'the path of a PEM file',
		unset: 'plain HTTP',
		about: 'Private key for `KITH_TLS_CERT`.',
	}),
	KITH_PROXY_HOPS: variable(wholeNumber(0, 8).default(0), {
		must: 'a whole number from 0 to 8',
		unset: '`0`: `X-Forwarded-For` is not believed',
		about:
			'How many proxies of yours stand before this server and append to `X-Forwarded-For`. Rate limits count addresses, so a wrong number either lumps all people together or lets anybody choose his address.',
	}),
	KITH_KEEP_ALIVE_SECONDS: variable(wholeNumber(1, 3600).default(5), {
		must: 'a whole number from 1 to 3600',
		unset: '`5`',
		about:
			'How long a connection stays open after an answer, for the next request. A proxy that keeps connections to Kith open must close them first: set this higher than what it has (nginx: `keepalive_timeout` of the upstream, 60 s), or it sends requests into connections that are just closing.',
	}),
	KITH_NAME: variable(z.string().trim().min(1).max(64).default('Kith'), {
		must: 'a name of 1 to 64 characters',
		unset: '`Kith`',
		about: 'Name of this server, shown on the sign-in page.',
	}),
	KITH_SIGN_UP: variable(z.enum(['invite', 'open']).default('invite'), {
		must: '"invite" or "open"',
		unset: '`invite`',
		about:
			'Who may make an account: people with an invitation, or anybody. The first administrator always comes by the set-up link that the server prints.',
	}),
	KITH_MEMBER_INVITES: variable(wholeNumber(0, 100_000).default(5), {
		must: 'a whole number from 0 to 100000',
		unset: '`5`',
		about:
			'How many new people each member may bring in by links of his own, where sign-up is by invitation. A place that nobody took is his again when its link expires or is revoked. Administrators invite without a limit; with 0 they alone invite.',
	}),
	KITH_ROOMS: variable(z.enum(['everybody', 'admins']).default('everybody'), {
		must: '"everybody" or "admins"',
		unset: '`everybody`',
		about:
			'Who may create rooms: everybody with an account, or administrators only. Groups among friends are everybody’s in any case, and rooms that exist stay.',
	}),
	KITH_GUESTS: variable(z.enum(['off', 'on']).default('off'), {
		must: '"off" or "on"',
		unset: '`off`',
		about:
			'Whether visitors without an account may read the open rooms of this server. They write nothing, and are told of nobody but those who wrote there. Reachable from the internet, it makes open rooms public.',
	}),
	KITH_SMTP_URL: {
		...variable(smtpUrl.optional(), {
			must: 'smtp://host:587 or smtps://host:465, with user:password@ before the host where the mail server asks for it, and nothing behind the port',
			unset: 'no e-mail is sent, and the app says so and offers links instead',
			about:
				'Mail server for confirmations and invitations. `smtps` speaks TLS from the first byte; `smtp` turns to TLS where the server offers it, and with a password to another machine it insists. Percent-encode what is special in user and password. Needs `KITH_MAIL_FROM` and `KITH_ORIGIN`.',
		}),
		secret: true,
	},
	KITH_MAIL_FROM: variable(
		z
			.string()
			.refine((value) => foldEmailAddress(value) !== null)
			.optional(),
		{
			must: 'an e-mail address such as kith@example.org',
			unset: 'no e-mail is sent',
			about: 'Whom mails come from, under the name of `KITH_NAME`; your mail server must let this address send.',
		},
	),
	KITH_PUSH_SERVICES: variable(originList.default([]), {
		must: 'up to 16 origins such as https://push.example.org, with commas between them',
		unset: 'push services are reached over HTTPS at public addresses only',
		about:
			'Push services in your own network. Browsers name the address at which they are woken (for most of them that of their maker), so this server refuses every other address within your network; those listed here are reached as they stand.',
	}),
	KITH_ICE_URLS: variable(iceUrls.optional(), {
		must: 'up to 8 of stun:host:3478, turn:host:3478, turn:host:3478?transport=tcp and turns:host:5349, with commas between',
		unset: 'none: devices reach each other within one network, or over IPv6 without a filter',
		about:
			'STUN and TURN servers that browsers use to reach each other directly. They learn the addresses of who uses them; none is asked that does not stand here. A `turn:` needs `KITH_TURN_SECRET`; with one, people may hide their address from friends (Settings → Privacy).',
	}),
	KITH_TURN_SECRET: {
		...variable(
			z
				.string()
				.regex(/^[\x21-\x7E]{16,256}$/)
				.optional(),
			{
				must: '16 to 256 characters without spaces, such as `openssl rand -hex 24` prints',
				unset: 'no TURN server is used',
				about:
					'The secret that the TURN servers of `KITH_ICE_URLS` share with Kith (coturn: `use-auth-secret` and `static-auth-secret`). People get names and passwords from it that hold for 12 hours.',
			},
		),
		secret: true,
	},
	KITH_EVENTS_PER_SECOND: variable(wholeNumber(1, 100_000).default(20), {
		must: 'a whole number from 1 to 100000',
		unset: '`20`',
		about:
			'How many events (messages, edits, reactions) one person may send per second over a longer time. At least 512 may come at once.',
	}),
	KITH_MEGABYTES_PER_DAY: variable(wholeNumber(1, 1_000_000).default(1024), {
		must: 'a whole number from 1 to 1000000',
		unset: '`1024`',
		about:
			'How many MiB of events one person may send per day over a longer time, 64 of them at once. What goes beyond waits on his device. Counted in memory: a restart forgets it.',
	}),
	KITH_FILE_MEGABYTES: variable(wholeNumber(1, 4096).default(2048), {
		must: 'a whole number from 1 to 4096',
		unset: '`2048`',
		about: 'How large one file may be that is sent in a message, in MiB.',
	}),
	KITH_FILES_MEGABYTES: variable(wholeNumber(1, 100_000_000).default(10_240), {
		must: 'a whole number from 1 to 100000000',
		unset: '`10240`',
		about:
			'How many MiB of files one person may have on this server. A file gives its room back when its message is deleted for everyone.',
	}),
	KITH_AUDIT_DAYS: variable(wholeNumber(1, 36_500).default(365), {
		must: 'a whole number from 1 to 36500',
		unset: '`365`',
		about:
			'How many days it is kept what administrators and the operator did: who, what, whom, when (`kith audit`, and the Administration in the app).',
	}),
	KITH_BACKUP_FOLDER: variable(filePath.optional(), {
		must: 'a folder',
		unset: 'no backup is made by itself',
		about:
			'Where the server makes backups by itself (SQLite only), each in a folder of its own, as `kith backup` does. Best on another disk.',
	}),
	KITH_BACKUP_HOURS: variable(wholeNumber(1, 8760).default(24), {
		must: 'a whole number from 1 to 8760',
		unset: '`24`',
		about: 'How many hours lie between two such backups.',
	}),
	KITH_BACKUP_KEEP: variable(wholeNumber(1, 10_000).default(7), {
		must: 'a whole number from 1 to 10000',
		unset: '`7`',
		about: 'How many of them are kept; the oldest go. They hold what people have deleted since.',
	}),
	KITH_BACKUP_PASSPHRASE_FILE: variable(filePath.optional(), {
		must: 'the path of a file',
		unset: 'the secrets are left out: keep a copy of `secrets.json` elsewhere',
		about: 'Its first line is the passphrase under which the secrets go into these backups.',
	}),
	KITH_BLOBS: {
		...variable(blobStoreUrl.optional(), {
			must: 's3://bucket/prefix, with at most ?endpoint=https://host, &region= and &style=path or host behind it, and no key in it',
			unset: '`blobs/` in the data folder',
			about:
				'A bucket of a store that speaks S3, in which files of messages are kept in the place of the data folder. `endpoint` is the address of the store (unset: Amazon’s for the `region`, which is `us-east-1` unless set); `style` says where the bucket stands: in the path (unset, with an endpoint) or before the host. Needs `KITH_BLOBS_KEY_ID` and `KITH_BLOBS_SECRET`. See [hosting](hosting.md#files-in-an-object-store).',
		}),
		// Whoever writes his key into it by mistake is not to find it in a log.
		secret: true,
	},
	KITH_BLOBS_KEY_ID: {
		...variable(
			z
				.string()
				.regex(/^[\x21-\x7e]{1,256}$/)
				.optional(),
			{
				must: 'the id of an access key',
				unset: 'files lie in the data folder',
				about:
					'Access key for `KITH_BLOBS`: it may read, write, delete and list in that bucket, and needs nothing else.',
			},
		),
		secret: true,
	},
	KITH_BLOBS_SECRET: {
		...variable(
			z
				.string()
				.regex(/^[\x21-\x7e]{1,256}$/)
				.optional(),
			{
				must: 'the secret of an access key',
				unset: 'files lie in the data folder',
				about: 'Its secret. Requests are signed with it; it is never sent, and stands in no log.',
			},
		),
		secret: true,
	},
	KITH_METRICS_TOKEN: {
		...variable(
			z
				.string()
				.regex(/^[\x21-\x7e]{16,256}$/)
				.optional(),
			{
				must: '16 to 256 characters without spaces, such as `openssl rand -hex 24` prints',
				unset: 'there is no `/metrics`',
				about:
					'Whoever sends it (`Authorization: Bearer …`) reads `/metrics` in the form of Prometheus: sums, durations and sizes, no name, id or address.',
			},
		),
		secret: true,
	},
	KITH_LOG: variable(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'), {
		must: '"debug", "info", "warn", "error" or "silent"',
		unset: '`info`',
		about: 'The least level of log lines. One JSON object per line on standard error; never content, names or tokens.',
	}),
	KITH_OPAQUE_STRETCHING: variable(z.enum(['standard', 'cheap']).default('standard'), {
		must: '"standard" or "cheap"',
		unset: '`standard`',
		about: 'For tests only: `cheap` makes password hashing fast and weak, and is refused unless `NODE_ENV` is `test`.',
	}),
} as const

type Values = { readonly [K in keyof typeof variables]: z.output<(typeof variables)[K]['schema']> }

export interface MailConfig {
	readonly smtp: SmtpServer
	/** The sender's address. */
	readonly from: string
	/** Links in mails begin with it: never with what a request says about its host. */
	readonly origin: string
}

export interface BackupPlan {
	readonly folder: string
	readonly everyHours: number
	readonly keep: number
	/** Null: the secrets are left out. */
	readonly passphraseFile: string | null
}

export interface Config {
	readonly data: string
	/** Null: SQLite in the data folder. */
	readonly postgres: PostgresServer | null
	/** Null: no other node. */
	readonly redis: string | null
	readonly port: number
	readonly host: string
	/** Null: compare with the request's own host. */
	readonly origin: string | null
	readonly tls: { readonly cert: string; readonly key: string } | null
	readonly proxyHops: number
	readonly keepAliveSeconds: number
	readonly name: string
	readonly signUp: 'invite' | 'open'
	/** New people whom each member may bring in. */
	readonly memberInvites: number
	/** Who may create rooms. */
	readonly rooms: 'everybody' | 'admins'
	/** Visitors without an account read open rooms. */
	readonly guests: boolean
	/** Null: no e-mail. */
	readonly mail: MailConfig | null
	/** Origins of push services that are reached wherever they are. */
	readonly pushServices: readonly string[]
	readonly ice: IceConfig
	readonly eventsPerSecond: number
	readonly megabytesPerDay: number
	/** MiB of one file, and of all files of one person. */
	readonly fileMegabytes: number
	readonly filesMegabytes: number
	readonly auditDays: number
	/** Null: no backup is made by itself. */
	readonly backups: BackupPlan | null
	/** Null: files lie in the data folder. */
	readonly blobs: BlobStore | null
	/** Null: no metrics. */
	readonly metricsToken: string | null
	readonly log: 'debug' | 'info' | 'warn' | 'error' | 'silent'
	readonly stretching: 'standard' | 'cheap'
}

export type ConfigError = { readonly type: 'bad-config'; readonly sentence: string }

/** An empty variable counts as not set. The sentence repeats no value that may hold a secret. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Result<Config, ConfigError> {
	const values: Record<string, unknown> = {}
	for (const [name, variable] of Object.entries<Variable>(variables)) {
		const { schema, must } = variable
		const given = environment[name] === '' ? undefined : environment[name]
		const parsed = schema.safeParse(given)
		if (!parsed.success)
			return bad(`${name} is ${variable.secret ? 'not usable' : JSON.stringify(given)}: it must be ${must}.`)
		values[name] = parsed.data
	}
	return combine(values as unknown as Values, environment['NODE_ENV'])
}

function combine(values: Values, nodeEnv: string | undefined): Result<Config, ConfigError> {
	const { KITH_TLS_CERT: cert, KITH_TLS_KEY: key, KITH_ORIGIN: origin, KITH_OPAQUE_STRETCHING: stretching } = values
	if ((cert === undefined) !== (key === undefined)) {
		const [set, missing] = cert === undefined ? ['KITH_TLS_KEY', 'KITH_TLS_CERT'] : ['KITH_TLS_CERT', 'KITH_TLS_KEY']
		return bad(`${set} is set and ${missing} is not: HTTPS needs both.`)
	}
	if (cert !== undefined && origin?.startsWith('http:')) {
		return bad(`KITH_ORIGIN is ${JSON.stringify(origin)}: with KITH_TLS_CERT it must begin with https://.`)
	}
	if (stretching === 'cheap' && nodeEnv !== 'test') {
		return bad('KITH_OPAQUE_STRETCHING is "cheap": passwords would be weak, so it is for tests only.')
	}
	if (values.REDIS_URL !== undefined && values.DATABASE_URL === undefined) {
		return bad('REDIS_URL is set and DATABASE_URL is not: several servers need a PostgreSQL that they share.')
	}
	if (values.KITH_BACKUP_FOLDER !== undefined && values.DATABASE_URL !== undefined) {
		return bad('KITH_BACKUP_FOLDER is set and DATABASE_URL too: PostgreSQL has tools of its own for backups (pg_dump).')
	}
	const mail = mailOf(values)
	if (!mail.ok) return mail
	const blobs = blobStoreOf(values)
	if (!blobs.ok) return blobs
	const ice = iceOf(values)
	if (!ice.ok) return ice
	return ok({
		data: resolve(values.KITH_DATA),
		postgres: values.DATABASE_URL ?? null,
		redis: values.REDIS_URL ?? null,
		port: values.PORT,
		host: values.HOST,
		origin: origin ?? null,
		tls: cert === undefined || key === undefined ? null : { cert: resolve(cert), key: resolve(key) },
		proxyHops: values.KITH_PROXY_HOPS,
		keepAliveSeconds: values.KITH_KEEP_ALIVE_SECONDS,
		name: values.KITH_NAME,
		signUp: values.KITH_SIGN_UP,
		memberInvites: values.KITH_MEMBER_INVITES,
		rooms: values.KITH_ROOMS,
		guests: values.KITH_GUESTS === 'on',
		mail: mail.value,
		pushServices: values.KITH_PUSH_SERVICES,
		blobs: blobs.value,
		ice: ice.value,
		eventsPerSecond: values.KITH_EVENTS_PER_SECOND,
		megabytesPerDay: values.KITH_MEGABYTES_PER_DAY,
		fileMegabytes: values.KITH_FILE_MEGABYTES,
		filesMegabytes: values.KITH_FILES_MEGABYTES,
		auditDays: values.KITH_AUDIT_DAYS,
		backups: backupPlan(values),
		metricsToken: values.KITH_METRICS_TOKEN ?? null,
		log: values.KITH_LOG,
		stretching,
	})
}

function backupPlan(values: Values): BackupPlan | null {
	const { KITH_BACKUP_FOLDER: folder, KITH_BACKUP_PASSPHRASE_FILE: passphraseFile } = values
	if (folder === undefined) return null
	return {
		folder: resolve(folder),
		...{ everyHours: values.KITH_BACKUP_HOURS, keep: values.KITH_BACKUP_KEEP },
		passphraseFile: passphraseFile === undefined ? null : resolve(passphraseFile),
	}
}

/** All of it or nothing. */
function mailOf({
	KITH_SMTP_URL: smtp,
	KITH_MAIL_FROM: from,
	KITH_ORIGIN: origin,
}: Values): Result<MailConfig | null, ConfigError> {
	if (smtp === undefined && from === undefined) return ok(null)
	if (smtp === undefined) return bad('KITH_MAIL_FROM is set and KITH_SMTP_URL is not: mail needs both.')
	if (from === undefined) return bad('KITH_SMTP_URL is set and KITH_MAIL_FROM is not: mail needs both.')
	if (origin === undefined) return bad('KITH_SMTP_URL is set and KITH_ORIGIN is not: links in mails begin with it.')
	return ok({ smtp, from, origin })
}

/** A TURN server and its secret, or neither. */
function iceOf({ KITH_ICE_URLS: urls = [], KITH_TURN_SECRET: secret }: Values): Result<IceConfig, ConfigError> {
	const [turn, stun] = [true, false].map((is) => urls.filter(({ scheme }) => scheme.startsWith('turn') === is))
	if (stun === undefined || turn === undefined || turn.length === 0) {
		if (secret !== undefined)
			return bad('KITH_TURN_SECRET is set and KITH_ICE_URLS names no TURN server: it is for those.')
		return ok({ stun: urls, turn: null })
	}
	if (secret === undefined)
		return bad('KITH_ICE_URLS names a TURN server and KITH_TURN_SECRET is not set: it needs both.')
	return ok({ stun, turn: { servers: turn, secret } })
}

/** All of it or nothing. */
function blobStoreOf({
	KITH_BLOBS: place,
	KITH_BLOBS_KEY_ID: keyId,
	KITH_BLOBS_SECRET: secret,
}: Values): Result<BlobStore | null, ConfigError> {
	if (place === undefined && keyId === undefined && secret === undefined) return ok(null)
	if (place === undefined)
		return bad('KITH_BLOBS_KEY_ID or KITH_BLOBS_SECRET is set and KITH_BLOBS is not: a key needs a store.')
	if (keyId === undefined) return bad('KITH_BLOBS is set and KITH_BLOBS_KEY_ID is not: the store asks for a key.')
	if (secret === undefined) return bad('KITH_BLOBS is set and KITH_BLOBS_SECRET is not: the store asks for a key.')
	return ok({ ...place, keyId, secret })
}

function bad(sentence: string): Result<never, ConfigError> {
	return fail({ type: 'bad-config', sentence })
}

/** The environment of this process, read here and nowhere else. `over`: what the command line says instead. */
export function readProcessConfig(over: Readonly<Record<string, string>> = {}): Result<Config, ConfigError> {
	return readConfig({ ...process.env, ...over })
}

/**
 * What SvelteKit's adapter reads when build/handler.js is loaded: our origin (or the header in which our listener says the
 * protocol), and a body limit above our own, which answers in Problem Details.
 */
export function prepareAdapterEnvironment({ origin }: Config, protocolHeader: string): void {
	if (origin !== null) process.env['ORIGIN'] = origin
	else process.env['PROTOCOL_HEADER'] = protocolHeader
	process.env['BODY_SIZE_LIMIT'] = '8M'
}

/** docs/configuration.md, so that text and schema cannot drift apart. */
export function configurationDocument(): string {
	const rows = Object.entries(variables).map(
		([name, { must, unset, about }]) => `| \`${name}\` | ${must} | ${unset} | ${about} |`,
	)
	return [
		'# Configuration',
		'',
		'Environment variables, read once at the start. A wrong value names itself and the server does not start.',
		'This page is made from `server/config.ts` by `npm run docs`.',
		'',
		'| variable | must be | when not set | what it does |',
		'|---|---|---|---|',
		...rows,
		'',
	].join('\n')
}
