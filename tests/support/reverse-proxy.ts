/** Caddy and nginx as programs, with the files of deploy/ that people take: only ports, names and certificates are those of a test. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { connect } from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)
const deploy = resolve(import.meta.dirname, '../../deploy')

export const proxyKinds = ['caddy', 'nginx'] as const
export type ProxyKind = (typeof proxyKinds)[number]

export interface ReverseProxy {
	readonly port: number
	/** `https://localhost:<port>` */
	readonly origin: string
	/** PEM of who signed its certificate. */
	readonly ca: string
	stop(): Promise<void>
}

const programs: Readonly<Record<ProxyKind, readonly string[]>> = {
	caddy: ['/usr/bin/caddy', '/usr/local/bin/caddy'],
	nginx: ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'],
}

/** Skipped where it is not installed; with CI=true that is a failure. */
export function mayTry(kind: ProxyKind): boolean {
	return process.env['CI'] === 'true' || programOf(kind) !== undefined
}

const programOf = (kind: ProxyKind) => programs[kind].find((path) => existsSync(path))

/** One that nobody has at this moment. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1')
	await once(server, 'listening')
	const { port } = server.address() as AddressInfo
	server.close()
	await once(server, 'close')
	return port
}

export async function startReverseProxy(
	kind: ProxyKind,
	{ port, upstreams }: { readonly port: number; readonly upstreams: readonly number[] },
): Promise<ReverseProxy> {
	const program = programOf(kind)
	if (program === undefined) throw new Error(`${kind} is not installed: apt-get install ${kind}`)
	const folder = await mkdtemp(join(tmpdir(), `kith-${kind}-`))
	const prepare = kind === 'caddy' ? prepareCaddy : prepareNginx
	const { args, env, ca } = await prepare(folder, port, upstreams)
	const child = spawn(program, args, {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'ignore', 'pipe'],
		detached: true,
	})
	let said = ''
	child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
	const ended = once(child, 'exit')
	await Promise.race([answersUntil(port), ended.then(() => Promise.reject(new Error(`${kind} ended:\n${said}`)))])
	return {
		...{ port, origin: `https://localhost:${port}`, ca: await readFile(ca, 'utf8') },
		stop: async () => {
			process.kill(-(child.pid as number), 'SIGKILL')
			await ended
			await rm(folder, { recursive: true, force: true })
		},
	}
}

interface Prepared {
	readonly args: readonly string[]
	readonly env: Readonly<Record<string, string>>
	/** Path of the certificate. */
	readonly ca: string
}

/** For `localhost` Caddy is its own authority. */
async function prepareCaddy(folder: string, port: number, upstreams: readonly number[]): Promise<Prepared> {
	const options = ['admin off', 'skip_install_trust', 'auto_https disable_redirects', `storage file_system ${folder}`]
	const main = join(folder, 'Caddyfile')
	await writeFile(main, `{\n\t${options.join('\n\t')}\n}\nimport ${join(deploy, 'Caddyfile')}\n`)
	const env = {
		...{ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
		KITH_HOST: `localhost:${port}`,
		KITH_UPSTREAMS: upstreams.map((upstream) => `127.0.0.1:${upstream}`).join(' '),
	}
	const args = ['run', '--config', main, '--adapter', 'caddyfile']
	return { args, env, ca: join(folder, 'pki/authorities/local/root.crt') }
}

async function prepareNginx(folder: string, port: number, [upstream = 0]: readonly number[]): Promise<Prepared> {
	const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
	await run('openssl', [
		...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
		...['-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
	])
	const replaced = [
		['listen 443', `listen 127.0.0.1:${port}`],
		['/etc/letsencrypt/live/chat.example.org/fullchain.pem', cert],
		['/etc/letsencrypt/live/chat.example.org/privkey.pem', key],
		['server_name chat.example.org', 'server_name localhost'],
		['127.0.0.1:3000', `127.0.0.1:${upstream}`],
	] as const
	let server = await readFile(join(deploy, 'nginx.conf'), 'utf8')
	for (const [from, to] of replaced) {
		if (!server.includes(from)) throw new Error(`deploy/nginx.conf does not say ${from}`)
		server = server.replace(from, to)
	}
	const own = ['client_body_temp_path', 'proxy_temp_path', 'fastcgi_temp_path', 'uwsgi_temp_path', 'scgi_temp_path']
	const paths = own.map((name) => `${name} ${join(folder, name)};`).join('\n')
	const main = join(folder, 'nginx.conf')
	await mkdir(join(folder, 'logs'))
	await writeFile(
		main,
		`daemon off;\npid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${paths}\n${server}\n}\n`,
	)
	return { args: ['-p', folder, '-c', main], env: {}, ca: cert }
}

/** Longer than a busy machine needs, ms. */
const patience = 30_000

async function answersUntil(port: number): Promise<void> {
	const ends = Date.now() + patience
	while (!(await answers(port)))
		if (Date.now() > ends) throw new Error(`nothing speaks TLS at ${port}`)
		else await new Promise((resolve) => setTimeout(resolve, 50))
}

function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }, () => {
			socket.destroy()
			resolve(true)
		})
		socket.once('error', () => resolve(false))
	})
}
