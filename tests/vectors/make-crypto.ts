/** Writes tests/vectors/crypto.json: `node tests/vectors/make-crypto.ts`. The same bytes each time. */
import { createCrypto } from '#crypto/suite.ts'
import { makeCryptoVectors } from '#tests/support/crypto-vectors.ts'
import { writeVectors } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const crypto = await createCrypto({ random: seededRandom('kith crypto vectors'), webCryptoEd25519: 'off' })
writeVectors('crypto', await makeCryptoVectors(crypto))
