/** Crypto for who only opens. */
import { createCrypto, type Crypto } from '#crypto/suite.ts'
import { systemRandom } from '#platform/system-ports.ts'

export const testCrypto = (): Promise<Crypto> => createCrypto({ random: systemRandom, keyForm: 'seed' })
