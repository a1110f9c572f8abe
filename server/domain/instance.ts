/** What this instance is: its key, its epoch, its signature over log heads, and whether it has an administrator yet. */
import { bytesToBase64url, equalBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { encodeHeadBody, signedHead } from '#protocol/head.ts'
import { serverIdOf } from '#protocol/ids.ts'
import { signingMessage } from '#protocol/tags.ts'
import type { DomainPorts, Instance } from './domain.ts'
import type { Repositories } from './ports.ts'

/** Reads the instance epoch from the database, or draws it at the very first start. */
export async function createInstanceFacts(ports: DomainPorts): Promise<Instance> {
	const { hash, secrets } = ports
	const serverKey = secrets.serverKey.publicKey
	const epoch = await instanceEpoch(ports)
	return {
		serverKey,
		serverId: serverIdOf(hash, serverKey),
		epoch,
		signHead: ({ subject, seq, hash: head }) => {
			const body = { instanceEpoch: epoch, subject, seq, hash: head }
			const signature = secrets.serverKey.sign(signingMessage('head', hash(encodeHeadBody(body))))
			return encode(signedHead, { ...body, signature })
		},
	}
}

function instanceEpoch({ unitOfWork, random }: DomainPorts): Promise<Bytes> {
	return unitOfWork.transaction(async ({ instanceFacts }) => {
		const known = await instanceFacts.get('epoch')
		if (known !== null) return known
		const drawn = random(16)
		await instanceFacts.set('epoch', drawn)
		return drawn
	})
}

/**
 * A fresh one-time token for the set-up link, or null when an administrator exists. Only its hash is stored; each start
 * draws a new one and the one before ends, because nobody can print it again.
 */
export function drawSetupToken({ unitOfWork, random, hash }: DomainPorts): Promise<string | null> {
	return unitOfWork.transaction(async ({ accounts, instanceFacts }) => {
		if (await accounts.hasAdmin()) return null
		const token = bytesToBase64url(random(24))
		await instanceFacts.set('setup-token', hash(utf8ToBytes(token)))
		return token
	})
}

export async function isSetupToken(
	{ instanceFacts }: Repositories,
	{ hash }: Pick<DomainPorts, 'hash'>,
	token: string,
): Promise<boolean> {
	const stored = await instanceFacts.get('setup-token')
	return stored !== null && equalBytes(stored, hash(utf8ToBytes(token)))
}
