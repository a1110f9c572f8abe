import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { iceUrl } from '#server/config-ice.ts'
import { configurationDocument, readConfig, variables } from '#server/config.ts'

function sentence(environment: Record<string, string>): string {
	const config = readConfig(environment)
	return config.ok ? 'ok' : config.error.sentence
}

describe('configuration', () => {
	it('is complete with nothing set', () => {
		const config = readConfig({})
		expect(config.ok && config.value).toEqual({
			...{ auditDays: 365, backups: null },
			...{ data: resolve('data'), postgres: null, redis: null, port: 3000, keepAliveSeconds: 5, host: '0.0.0.0' },
			...{ origin: null, tls: null, proxyHops: 0 },
			...{ name: 'Kith', signUp: 'invite', mail: null, eventsPerSecond: 20 },
			...{ memberInvites: 5, rooms: 'everybody', guests: false, ice: { stun: [], turn: null } },
			...{
				megabytesPerDay: 1024,
				fileMegabytes: 2048,
				filesMegabytes: 10_240,
				blobs: null,
				metricsToken: null,
				log: 'info',
				stretching: 'standard',
				pushServices: [],
			},
		})
	})

	it('takes an empty variable for one that is not set', () => {
		expect(readConfig({ PORT: '', KITH_NAME: '' })).toEqual(readConfig({}))
	})

	it.each([
		[{ PORT: '65536' }, 'PORT is "65536": it must be a whole number from 0 to 65535.'],
		[{ PORT: '3000.5' }, 'PORT is "3000.5": it must be a whole number from 0 to 65535.'],
		[{ PORT: ' 80' }, 'PORT is " 80": it must be a whole number from 0 to 65535.'],
		[{ HOST: 'example.org' }, 'HOST is "example.org": it must be an IP address or "localhost".'],
		[{ KITH_SIGN_UP: 'everyone' }, 'KITH_SIGN_UP is "everyone": it must be "invite" or "open".'],
		[{ KITH_LOG: 'loud' }, 'KITH_LOG is "loud": it must be "debug", "info", "warn", "error" or "silent".'],
		[{ KITH_NAME: 'x'.repeat(65) }, `KITH_NAME is "${'x'.repeat(65)}": it must be a name of 1 to 64 characters.`],
		[{ KITH_PROXY_HOPS: '9' }, 'KITH_PROXY_HOPS is "9": it must be a whole number from 0 to 8.'],
		[{ KITH_TLS_CERT: 'a.pem' }, 'KITH_TLS_CERT is set and KITH_TLS_KEY is not: HTTPS needs both.'],
		[{ KITH_TLS_KEY: 'a.key' }, 'KITH_TLS_KEY is set and KITH_TLS_CERT is not: HTTPS needs both.'],
	])('names what is wrong: %j', (environment, expected) => {
		expect(sentence(environment as Record<string, string>)).toBe(expected)
	})

	it.each([
		'chat.example.org',
		'https://chat.example.org/',
		'https://chat.example.org/kith',
		'ftp://chat.example.org',
		'https://',
	])('takes no origin that is none: %s', (origin) =>
		expect(sentence({ KITH_ORIGIN: origin })).toMatch(/^KITH_ORIGIN is .*: it must be an origin such as/),
	)

	const here = { port: 5432, user: null, password: null, tls: 'off' }
	const kith = { ...here, user: 'kith', password: 'p@ss', database: 'kith' }

	it.each([
		['postgres://kith:p%40ss@localhost/kith', { ...kith, host: 'localhost' }],
		['postgresql://kith:p%40ss@[::1]:6432/kith', { ...kith, host: '::1', port: 6432 }],
		['postgres:///kith?host=/var/run/postgresql', { ...here, host: '/var/run/postgresql', database: 'kith' }],
		['postgres://kith:p%40ss@db.example.org/kith', { ...kith, host: 'db.example.org', tls: 'verified' }],
		['postgres://kith:p%40ss@db/kith?sslmode=disable', { ...kith, host: 'db' }],
		['postgres://kith:p%40ss@db/kith?sslmode=require', { ...kith, host: 'db', tls: 'encrypted' }],
		['postgres://kith:p%40ss@localhost/kith?sslmode=verify-full', { ...kith, host: 'localhost', tls: 'verified' }],
	])('reads the address of a database: %s', (url, expected) => {
		const config = readConfig({ DATABASE_URL: url })
		expect(config.ok && config.value.postgres).toEqual(expected)
	})

	it.each([
		'mysql://kith:secret@localhost/kith',
		'postgres://kith:secret@localhost',
		'postgres://kith:secret@localhost/a/b',
		'postgres://kith:secret@/kith',
		'postgres://kith:secret@localhost/kith?sslmode=maybe',
		'postgres://kith:secret@localhost/kith?sslmode=constructor',
		'postgres://kith:secret@localhost/kith?sslrootcert=/etc/passwd',
		'postgres://kith:secret@localhost/kith?host=/var/run/postgresql',
		'postgres:///kith?host=elsewhere.example.org&password=secret',
		'postgres://kith:%zzsecret@localhost/kith',
		'secret',
	])('takes no address of a database that is none, and repeats none: %s', (url) => {
		expect(sentence({ DATABASE_URL: url })).toMatch(/^DATABASE_URL is not usable: it must be postgres:/)
		expect(sentence({ DATABASE_URL: url })).not.toContain('secret')
	})

	const key = { KITH_BLOBS_KEY_ID: 'kith', KITH_BLOBS_SECRET: 'opensesame' }
	const store = { region: 'us-east-1', bucket: 'files', prefix: '', keyId: 'kith', secret: 'opensesame' }

	it.each([
		['s3://files', { ...store, endpoint: 'https://s3.us-east-1.amazonaws.com', style: 'host' }],
		[
			's3://files/chat/?region=eu-central-1',
			{
				...store,
				region: 'eu-central-1',
				prefix: 'chat/',
				endpoint: 'https://s3.eu-central-1.amazonaws.com',
				style: 'host',
			},
		],
		[
			's3://files/a/b?endpoint=http://[::1]:9000',
			{ ...store, prefix: 'a/b/', endpoint: 'http://[::1]:9000', style: 'path' },
		],
		[
			's3://files?endpoint=https://s3.example.org&style=host&region=auto',
			{ ...store, region: 'auto', endpoint: 'https://s3.example.org', style: 'host' },
		],
	])('reads a store of files: %s', (url, expected) => {
		const config = readConfig({ ...key, KITH_BLOBS: url })
		expect(config.ok && config.value.blobs).toEqual(expected)
	})

	it.each([
		'https://s3.example.org/files',
		's3://kith:secret@files',
		's3://Files_',
		's3://files:9000',
		's3://files/a%2Fsecret',
		's3://files/a//b',
		's3://files?endpoint=https://s3.example.org/secret',
		's3://files?endpoint=ftp://s3.example.org',
		's3://files?region=EU West',
		's3://files?style=secret',
		's3://files?secret=secret',
		'secret',
	])('takes no store of files that is none, and repeats none: %s', (url) => {
		expect(sentence({ ...key, KITH_BLOBS: url })).toMatch(/^KITH_BLOBS is not usable: it must be s3:/)
		expect(sentence({ ...key, KITH_BLOBS: url })).not.toContain('secret')
	})

	it.each([
		[{ KITH_BLOBS: 's3://files' }, 'KITH_BLOBS is set and KITH_BLOBS_KEY_ID is not: the store asks for a key.'],
		[
			{ KITH_BLOBS: 's3://files', KITH_BLOBS_KEY_ID: 'kith' },
			'KITH_BLOBS is set and KITH_BLOBS_SECRET is not: the store asks for a key.',
		],
		[key, 'KITH_BLOBS_KEY_ID or KITH_BLOBS_SECRET is set and KITH_BLOBS is not: a key needs a store.'],
		[{ KITH_BLOBS_SECRET: 'two words' }, 'KITH_BLOBS_SECRET is not usable: it must be the secret of an access key.'],
	])('names what a store of files lacks: %j', (environment, expected) => {
		expect(sentence(environment as Record<string, string>)).toBe(expected)
	})

	const mail = { KITH_MAIL_FROM: 'kith@example.org', KITH_ORIGIN: 'https://chat.example.org' }

	it.each([
		['smtp://mail.example.org', { host: 'mail.example.org', port: 587, isTls: false, login: null }],
		['smtps://mail.example.org', { host: 'mail.example.org', port: 465, isTls: true, login: null }],
		['smtp://[::1]:2525/', { host: '::1', port: 2525, isTls: false, login: null }],
		[
			'smtps://kith%40example.org:p%3Aw@mail.example.org:4650',
			{ host: 'mail.example.org', port: 4650, isTls: true, login: { user: 'kith@example.org', password: 'p:w' } },
		],
	])('reads a mail server: %s', (url, smtp) => {
		const config = readConfig({ ...mail, KITH_SMTP_URL: url })
		expect(config.ok && config.value.mail).toEqual({
			smtp,
			from: 'kith@example.org',
			origin: 'https://chat.example.org',
		})
	})

	it.each([
		'mail.example.org',
		'https://user:secret@mail.example.org',
		'smtp://user:secret@mail.example.org/path',
		'smtp://user:secret@mail.example.org?tls.rejectUnauthorized=false',
		'smtp://secret@mail.example.org',
		'smtp://user:secret%E0%A4%A@mail.example.org',
		'smtp://',
	])('takes no mail server that is none, and repeats no password: %s', (url) => {
		expect(sentence({ ...mail, KITH_SMTP_URL: url })).toMatch(/^KITH_SMTP_URL is not usable: it must be smtp:/)
		expect(sentence({ ...mail, KITH_SMTP_URL: url })).not.toContain('secret')
	})

	it.each([
		[{ KITH_MAIL_FROM: 'kith@example.org' }, 'KITH_MAIL_FROM is set and KITH_SMTP_URL is not: mail needs both.'],
		[{ KITH_SMTP_URL: 'smtp://mail' }, 'KITH_SMTP_URL is set and KITH_MAIL_FROM is not: mail needs both.'],
		[
			{ KITH_SMTP_URL: 'smtp://mail', KITH_MAIL_FROM: 'kith@example.org' },
			'KITH_SMTP_URL is set and KITH_ORIGIN is not: links in mails begin with it.',
		],
	])('needs all of mail or nothing: %j', (environment, expected) => {
		expect(sentence(environment as Record<string, string>)).toBe(expected)
	})

	it('takes a Redis beside a PostgreSQL only, and repeats no password', () => {
		const redis = { REDIS_URL: 'redis://:secret@localhost:6379' }
		const both = { ...redis, DATABASE_URL: 'postgres://localhost/kith' }
		expect(sentence(both)).toBe('ok')
		expect(sentence(redis)).toContain('REDIS_URL is set and DATABASE_URL is not')
		expect(sentence({ ...both, REDIS_URL: 'http://:secret@localhost' })).toMatch(/^REDIS_URL is not usable/)
	})

	it('makes backups by itself on SQLite alone', () => {
		const config = readConfig({ KITH_BACKUP_FOLDER: '/backups', KITH_BACKUP_HOURS: '6' })
		const plan = { folder: '/backups', everyHours: 6, keep: 7, passphraseFile: null }
		expect(config).toMatchObject({ ok: true, value: { backups: plan } })
		expect(readConfig({ KITH_BACKUP_HOURS: '6' })).toMatchObject({ ok: true, value: { backups: null } })
		expect(sentence({ KITH_BACKUP_FOLDER: '/backups', DATABASE_URL: 'postgres://localhost/kith' })).toContain('pg_dump')
	})

	it('takes no plain origin beside a certificate', () => {
		const environment = { KITH_ORIGIN: 'http://chat.example', KITH_TLS_CERT: 'a', KITH_TLS_KEY: 'b' }
		expect(sentence(environment)).toBe(
			'KITH_ORIGIN is "http://chat.example": with KITH_TLS_CERT it must begin with https://.',
		)
	})

	it.each([undefined, '', 'production', 'development'])('weakens no password with NODE_ENV %s', (nodeEnv) => {
		const environment = { KITH_OPAQUE_STRETCHING: 'cheap', ...(nodeEnv === undefined ? {} : { NODE_ENV: nodeEnv }) }
		expect(sentence(environment)).toBe(
			'KITH_OPAQUE_STRETCHING is "cheap": passwords would be weak, so it is for tests only.',
		)
		expect(sentence({ KITH_OPAQUE_STRETCHING: 'cheap', NODE_ENV: 'test' })).toBe('ok')
	})
})

describe('docs/configuration.md', () => {
	it('is what `npm run docs` makes of the schema', async () => {
		expect(await readFile(resolve('docs/configuration.md'), 'utf8')).toBe(configurationDocument())
	})

	it('names every variable', () => {
		for (const name of Object.keys(variables)) expect(configurationDocument()).toContain(`\`${name}\``)
	})
})

describe('STUN and TURN servers', () => {
	const secret = { KITH_TURN_SECRET: 'sixteen-characters-of-it' }

	it('are read into parts, and written as browsers take them', () => {
		const urls = 'stun:stun.example.org, turn:[2001:db8::1]:3479?transport=tcp,turns:turn.example.org'
		const config = readConfig({ ...secret, KITH_ICE_URLS: urls })
		if (!config.ok) throw new Error(config.error.sentence)
		const { stun, turn } = config.value.ice
		expect([...stun, ...(turn?.servers ?? [])].map(iceUrl)).toEqual([
			'stun:stun.example.org:3478',
			'turn:[2001:db8::1]:3479?transport=tcp',
			'turns:turn.example.org:5349?transport=tcp',
		])
		expect(readConfig({})).toMatchObject({ value: { ice: { stun: [], turn: null } } })
	})

	it.each([
		'http://stun.example.org',
		'stun:',
		'stun:host:0',
		'turn:host:70000',
		'stun:host?transport=udp',
		'turns:host?transport=udp',
		'turn:user@host',
		'turn:host,',
		Array(9).fill('stun:host').join(),
	])('%s is none', (urls) => {
		expect(sentence({ ...secret, KITH_ICE_URLS: urls })).toContain('KITH_ICE_URLS is')
	})

	it.each([
		[
			{ KITH_ICE_URLS: 'turn:host' },
			'KITH_ICE_URLS names a TURN server and KITH_TURN_SECRET is not set: it needs both.',
		],
		[secret, 'KITH_TURN_SECRET is set and KITH_ICE_URLS names no TURN server: it is for those.'],
		[
			{ KITH_TURN_SECRET: 'short secret' },
			'KITH_TURN_SECRET is not usable: it must be 16 to 256 characters without spaces',
		],
	])('%j: a TURN server and its secret, or neither', (env, said) => {
		expect(sentence(env)).toContain(said)
	})
})
