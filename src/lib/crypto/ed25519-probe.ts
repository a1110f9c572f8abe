/**
 * Does this WebCrypto have Ed25519, and does it judge as SPEC SIG3 says? Asked with real signatures at start, because
 * some implementations name the algorithm and fail on use, and because points of mixed order are where verifiers
 * differ: one that checks the equation times the cofactor would accept all of these, one that refuses such points
 * none. The whole suite is tests/vectors/ed25519.json.
 */
import { hexToBytes, utf8ToBytes, type Bytes } from '#protocol/bytes.ts'
import type { SignatureClaim } from '#protocol/ports.ts'
import { webCryptoEd25519, verifyByWebCrypto } from './ed25519.ts'

const probes = [
	[
		'RFC 8032 §7.1 test 3',
		true,
		'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
		'af82',
		'6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
	],
	[
		'A of mixed order, torsion cancels',
		true,
		'a9642b2c10fde9651f0b63cf675f8561266c5f4c72416079a89380fc91d72301',
		'8c1a3e977d58f55217d042b8b254f94721c213f828b83dc4',
		'1473d92ff7f5f92d07f6b1b93d7484e06e563831307a92017d57898b5343afa7d144a2f507f251b074155d63d0213bae1417499c6afa75feef3ab17781e30b09',
	],
	[
		'A and R of mixed order, torsion cancels',
		true,
		'6cbe40734ab1aa355f8a2079d9e3359c2344ee14c37d0bec8c31665a712d7797',
		'15889574db1d3674a2e712448bbcd049f3727a86af4167e8',
		'3c0f068a705b1040c6549f43a3ea18a1064e55941c25cc4938647bc97b535f72eba1084a02c70d04ecadb6b2b5b38e98b3ff702f3ed762baabe7f1167f720e03',
	],
	[
		'A of mixed order, torsion stays',
		false,
		'8cc95f13e08c2685a517e79ed7bff36eae6db3569800656c9cf9a6bee5189909',
		'1122cf4fe730b13012488a0bd38bde35296b7a6622e5788b',
		'8b99520e65600589c58440c5ee6a6c377d54871f3a36add144dfcf27f983b2f3df79cd446e05a2e7e6bd832bb439664e6938d9bb43a5d9ae845569afa442b204',
	],
	[
		'R of mixed order, torsion stays',
		false,
		'fe001d1317d6d2077cc7737119bca909bc72c93ad4f6b34c76af9aa4343ec3ab',
		'9a33ef59d958c6c85e272f77d4d3916dcf1b82107beb49ac91d8541f0aef6c57ebaa9e3459a31b1c',
		'6c8cabbb641f2223f83c3e7f8b1d912886fe0917145a25c127780baa6b0cf2fdd83ed3323eb2a064ea759310d8c7b6d193844cd71931350a4e3ea562f4be3909',
	],
] as const

async function judgesRight(subtle: SubtleCrypto): Promise<boolean> {
	const verdicts = probes.map(async ([, valid, key, message, signature]) => {
		const claim = {
			key: hexToBytes(key) as Bytes,
			message: hexToBytes(message) as Bytes,
			signature: hexToBytes(signature) as Bytes,
		} satisfies SignatureClaim
		return (await verifyByWebCrypto(subtle, claim)) === valid
	})
	return (await Promise.all(verdicts)).every(Boolean)
}

/** A key from a seed, a signature with it, its verification, and one of another message. */
async function signsRight(subtle: SubtleCrypto): Promise<boolean> {
	const ed25519 = webCryptoEd25519(subtle, 'handle')
	const stored = await ed25519.importSeed(new Uint8Array(32).fill(0x6b))
	const message = utf8ToBytes('probe')
	const signature = await (await ed25519.signWith(stored))(message)
	const claims = [message, utf8ToBytes('other')].map((text) => ({ key: stored.publicKey, message: text, signature }))
	const [own, other] = await ed25519.verify(claims)
	return own === true && other === false
}

export async function canUseWebCryptoEd25519(subtle: SubtleCrypto): Promise<boolean> {
	try {
		return (await judgesRight(subtle)) && (await signsRight(subtle))
	} catch {
		return false
	}
}
