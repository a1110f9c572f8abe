/** Writes tests/vectors/blobs.json: `node tests/vectors/make-blobs.ts`. The same bytes each time. */
import { createCrypto } from '#crypto/suite.ts'
import { blobVectorOf, vectorLengths } from '#tests/support/blob-vectors.ts'
import { writeVectors } from '#tests/support/json-vectors.ts'
import { seededRandom } from '#tests/support/seeded-random.ts'

const crypto = await createCrypto({ random: seededRandom('kith blob vectors') })
const vectors = []
for (const length of vectorLengths) vectors.push(await blobVectorOf(crypto, length))
writeVectors('blobs', vectors)
