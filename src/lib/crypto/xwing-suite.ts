/** The HPKE suite of hpke.ts and the packages behind it, 16 KB of gzip: loaded when the first key or box is made or opened. */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core'
import { XWing } from '@hpke/hybridkem-x-wing'

export const kem = new XWing()
export const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
