/**
 * Method tokens: 5 minutes in which somebody who has proven an unlock method may open a session for a device, or certify
 * one. Nothing else takes them. Kept as hashes, used once.
 */
import { base64urlToBytes, bytesToBase64url, bytesToHex, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { DomainPorts } from './domain.ts'

const lifetime = 5 * 60 * 1000

export interface MethodProof {
	readonly account: Bytes
	/** Given with the token, signed by the device that opens a session; 32 bytes. */
	readonly serverNonce: Bytes
}

export interface MethodTokens {
	give(account: Bytes): Promise<{ readonly methodToken: string; readonly serverNonce: Bytes }>
	/** Looks without using it up: a request that fails may be mended and sent again. */
	look(token: string): Promise<MethodProof | null>
	/** False when it was used meanwhile. */
	use(token: string): Promise<boolean>
}

export function createMethodTokens({
	ephemeral,
	random,
	hash,
}: Pick<DomainPorts, 'ephemeral' | 'random' | 'hash'>): MethodTokens {
	const keyOf = (token: string) => `method:${bytesToHex(hash(utf8ToBytes(token)))}`
	return {
		give: async (account) => {
			const methodToken = bytesToBase64url(random(32))
			const serverNonce = random(32)
			const value = { account: bytesToBase64url(account), serverNonce: bytesToBase64url(serverNonce) }
			await ephemeral.put(keyOf(methodToken), JSON.stringify(value), lifetime)
			return { methodToken, serverNonce }
		},
		look: async (token) => {
			const value = await ephemeral.get(keyOf(token))
			if (value === null) return null
			const { account, serverNonce } = JSON.parse(value) as { account: string; serverNonce: string }
			return { account: base64urlToBytes(account) as Bytes, serverNonce: base64urlToBytes(serverNonce) as Bytes }
		},
		use: async (token) => (await ephemeral.take(keyOf(token))) !== null,
	}
}
