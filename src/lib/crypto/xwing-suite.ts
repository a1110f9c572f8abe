/** The HPKE suite of hpke.ts and the packages behind it, 16 KB of gzip: loaded when the first key or box is made or opened. */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core'
import { XWing } from '@hpke/hybridkem-x-wing'
import { findX25519, type X25519 } from './x25519.ts'

/** X-Wing whose X25519 half is not the library's, where there is a faster one: that half is four fifths of its work. */
class XWingOver extends XWing {
	constructor(x25519: X25519 | null) {
		super()
		if (x25519 !== null) this._x25519.derive = x25519
	}
}

export interface XWingSuite {
	readonly kem: XWing
	readonly suite: CipherSuite
}

/** Null: in JavaScript. */
export function suiteOver(x25519: X25519 | null): XWingSuite {
	const kem = new XWingOver(x25519)
	return { kem, suite: new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() }) }
}

/** As the packages themselves, it takes the WebCrypto of the runtime. */
export async function makeSuite(): Promise<XWingSuite> {
	return suiteOver(await findX25519(crypto.subtle))
}
