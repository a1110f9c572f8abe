/** Sealing of push messages: the example of RFC 8291, and what a push service sees of ours. */
import { expect, test } from 'vitest'
import { base64urlToBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import { nodeRandom } from '#server/node-crypto.ts'
import { drawEphemeral, sealMessage, sealRecord } from '#server/push/seal-message.ts'
import { createServerKey } from '#server/push/server-key.ts'
import { openPush, vapidClaims } from '../../support/push-service.ts'

const of = (text: string) => base64urlToBytes(text) as Bytes

/** RFC 8291 §5 and appendix A. */
const example = {
	text: 'When I grow up, I want to be a watermelon',
	key: of('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
	receiver: of('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'),
	auth: of('BTBZMqHH6r4Tts7J_aSIgg'),
	privateKey: of('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
	salt: of('DGv6ra1nlYgDCS1FRnbzlw'),
	body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

test('seals the example of RFC 8291 byte for byte', () => {
	const sealed = sealRecord(new Uint8Array([...utf8ToBytes(example.text), 2]), example, example)
	expect(sealed?.toString('base64url')).toBe(example.body)
})

test('the browser opens what was sealed to it, and all messages are as long as each other', () => {
	const sealed = [new Uint8Array([7]), new Uint8Array(127).fill(9)].map((message) => {
		const body = sealMessage(message, example, drawEphemeral(nodeRandom)) as Buffer
		expect(openPush(body, { privateKey: example.receiver, auth: example.auth })).toEqual(message)
		return body
	})
	expect(new Set(sealed.map(({ length }) => length)).size).toBe(1)
	expect(() => sealMessage(new Uint8Array(128), example, drawEphemeral(nodeRandom))).toThrow(RangeError)
})

test('65 bytes that are no point of the curve: nothing is sealed to them', () => {
	const key = new Uint8Array(65).fill(1)
	key[0] = 4
	expect(sealMessage(new Uint8Array(1), { key, auth: example.auth }, drawEphemeral(nodeRandom))).toBe(null)
})

test('a push service is told who sends, for how long, and for itself alone', () => {
	let now = 1_700_000_000_000
	const key = createServerKey(example.privateKey, 'mailto:kith@example.org', () => now)
	const header = key.authorization('https://push.example.net')
	expect(vapidClaims(header)).toEqual({
		aud: 'https://push.example.net',
		exp: 1_700_000_000 + 12 * 60 * 60,
		sub: 'mailto:kith@example.org',
		k: Buffer.from(key.publicKey).toString('base64url'),
	})
	expect(key.authorization('https://push.example.net')).toBe(header)
	expect(vapidClaims(key.authorization('https://other.example.net'))?.aud).toBe('https://other.example.net')
	now += 7 * 60 * 60 * 1000
	expect(key.authorization('https://push.example.net')).not.toBe(header)
	const [head, claims] = header.split('.')
	const forged = `${head}.${claims}.${Buffer.alloc(64, 1).toString('base64url')}, k=${header.split('k=')[1]}`
	expect(vapidClaims(forged)).toBe(null)
})
