/**
 * The instance's secrets, in one file beside the database and never in it: who copies the database alone can neither sign
 * as the instance, nor make tokens, nor guess passwords faster than over the network.
 */
import { base64urlToBytes, bytesToBase64url, type Bytes } from '#protocol/bytes.ts'
import { server as opaqueServer, ready as opaqueReady } from '@serenity-kit/opaque'
import { createECDH, hkdfSync } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { nodeRandom } from './node-crypto.ts'

export interface Secrets {
	/** Ed25519 seed of the instance's key, 32 bytes (RFC 8032 §5.1.5): signs log heads, and serverId follows from it. */
	readonly serverKey: Bytes
	/** Ed25519 seed of the key that signs access tokens, 32 bytes. */
	readonly tokenKey: Bytes
	/** HMAC key, 32 bytes: decoys for unknown names, successors of refresh tokens. */
	readonly hmacKey: Bytes
	/** P-256 key by which push services know this server, 32 bytes (VAPID, RFC 8292). */
	readonly pushKey: Bytes
	/** OPAQUE server set-up: its loss makes every password unusable, its theft allows guessing offline. */
	readonly opaqueSetup: string
}

const key32 = z.string().transform((text, context): Bytes => {
	const bytes = base64urlToBytes(text)
	if (bytes !== null && bytes.length === 32) return bytes
	context.addIssue('not 32 bytes in base64url')
	return z.NEVER
})

const fileSchema = z.object({
	version: z.literal(1),
	serverKey: key32,
	tokenKey: key32,
	hmacKey: key32,
	/** Left out by versions before 0.3. */
	pushKey: key32.optional(),
	opaqueSetup: z.string().min(1),
})

const ownerOnly = 0o600

/**
 * Reads `secrets.json` in `folder`, or draws and stores new ones where nothing is there yet that the old ones belong to. Throws one
 * sentence when the file is damaged or lost: with other secrets nobody could sign in, and every device would see another server.
 */
export async function loadSecrets(folder: string, hasDatabase: () => Promise<boolean>): Promise<Secrets> {
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const path = join(folder, 'secrets.json')
	const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return null
		throw error
	})
	if (text === null) {
		if (await hasDatabase())
			throw new Error(
				`${path} is missing, and there is a database that belongs to it: put back its copy. Without it nobody can sign in, and new secrets would make this another server.`,
			)
		return drawSecrets(folder, path)
	}
	await chmod(path, ownerOnly)
	const secrets = decodeSecrets(text)
	if (secrets === null) throw new Error(`${path} is damaged: put back its backup; without it nobody can sign in.`)
	return secrets
}

/** What a secrets.json holds; null when it is damaged. */
export function decodeSecrets(text: string): Secrets | null {
	const parsed = fileSchema.safeParse(parseJson(text))
	if (!parsed.success) return null
	return { ...parsed.data, pushKey: parsed.data.pushKey ?? firstPushKey(parsed.data.serverKey) }
}

/** Where the file names none: the same for all servers that share it, and for whoever puts back an older copy. */
function firstPushKey(serverKey: Bytes): Bytes {
	return new Uint8Array(hkdfSync('sha256', serverKey, '', 'kith push key', 32))
}

function drawPushKey(): Bytes {
	const pair = createECDH('prime256v1')
	pair.generateKeys()
	const key = new Uint8Array(32)
	const drawn = pair.getPrivateKey()
	key.set(drawn, key.length - drawn.length)
	return key
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return null
	}
}

async function drawSecrets(folder: string, path: string): Promise<Secrets> {
	await opaqueReady
	const secrets: Secrets = {
		serverKey: nodeRandom(32),
		tokenKey: nodeRandom(32),
		hmacKey: nodeRandom(32),
		pushKey: drawPushKey(),
		opaqueSetup: opaqueServer.createSetup(),
	}
	await writeDurably(folder, path, encodeSecrets(secrets))
	return secrets
}

function encodeSecrets({ serverKey, tokenKey, hmacKey, pushKey, opaqueSetup }: Secrets): string {
	const [server, token, hmac, push] = [serverKey, tokenKey, hmacKey, pushKey].map(bytesToBase64url)
	const document = { version: 1, serverKey: server, tokenKey: token, hmacKey: hmac, pushKey: push, opaqueSetup }
	return `${JSON.stringify(document, null, '\t')}\n`
}

/** What may be drawn anew. Not the server's key: with another one it would be another server to every device. */
export const rotatingSecrets = ['token-key', 'hmac-key', 'push-key', 'password-setup'] as const
export type RotatingSecret = (typeof rotatingSecrets)[number]

/** Draws one anew; the old one is gone. False: the file is missing or damaged. Nobody may run on the folder meanwhile. */
export async function rotateSecret(folder: string, which: RotatingSecret): Promise<boolean> {
	const path = join(folder, 'secrets.json')
	const secrets = decodeSecrets(await readFile(path, 'utf8').catch(() => ''))
	if (secrets === null) return false
	await opaqueReady
	const drawn = {
		'token-key': () => ({ tokenKey: nodeRandom(32) }),
		'hmac-key': () => ({ hmacKey: nodeRandom(32) }),
		'push-key': () => ({ pushKey: drawPushKey() }),
		'password-setup': () => ({ opaqueSetup: opaqueServer.createSetup() }),
	}[which]()
	await writeDurably(folder, path, encodeSecrets({ ...secrets, ...drawn }))
	return true
}

/** Whole or not at all: a crash leaves no half file, and accounts made a second later never outlive their secrets. */
async function writeDurably(folder: string, path: string, text: string): Promise<void> {
	const partial = `${path}.new`
	const file = await open(partial, 'w', ownerOnly)
	try {
		await file.writeFile(text)
		await file.sync()
	} finally {
		await file.close()
	}
	await rename(partial, path)
	if (process.platform === 'win32') return // no handle of a folder there
	const directory = await open(folder, 'r')
	try {
		await directory.sync()
	} finally {
		await directory.close()
	}
}
