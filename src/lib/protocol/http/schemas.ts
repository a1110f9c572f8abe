/** Parts that several endpoints share. Bytes are canonical base64url; times are ms since the Unix epoch. */
import * as z from 'zod/mini'

/** Canonical base64url of at most `maxBytes` bytes. */
export const base64url = (maxBytes: number) =>
	z.string().check(z.maxLength(Math.ceil((maxBytes * 4) / 3)), z.regex(/^[A-Za-z0-9_-]*$/))

export const accountId = base64url(32)
export const deviceId = base64url(16)
export const conversationId = base64url(16)
const keyHash = base64url(32)
export const nonce = base64url(32)
export const signature = base64url(64)
export const time = z.int().check(z.nonnegative())
export const seq = z.int().check(z.nonnegative())
/** The same in a path or query, where all is text. */
export const position = z.coerce.number().check(z.int(), z.nonnegative())

/** `SignedEntry` of account-log.ts or conversation-log.ts. */
export const signedEntry = base64url(512 * 1024)
/** `SignedHead` of head.ts. */
export const signedHead = base64url(256)
export const vault = base64url(256 * 1024)
/** An X-Wing public key, 1,216 bytes. */
export const kemKey = base64url(1216)
/** A list of cut.ts. */
export const cutList = base64url(512 * 1024)
/** A box of box.ts. */
export const box = base64url(2048)

/** What a name may be is the server's to say (bad-name), so that a form can tell it from a broken request. */
export const name = z.string().check(z.maxLength(64))

/** What an address may be is the server's to say as well (bad-email). */
export const emailAddress = z.string().check(z.maxLength(512))

/** VK sealed to one method or device; `recipient` is SHA-256 of its X-Wing key. */
export const vkBox = z.object({ recipient: keyHash, vkGen: seq, box })
/** The bind of one unlock method (unlock.ts): `method` is SHA-256(signing key)[0..16]. */
export const bind = z.object({ method: base64url(16), bind: base64url(32) })

/** A chain of entries from `from` on, with the server's signature over the newest head. */
export const log = z.object({ from: seq, entries: z.array(signedEntry), head: signedHead })

/** What the holder of an unlock method gets to open the account. */
export const accountBundle = z.object({
	account: accountId,
	name,
	log,
	binds: z.array(bind),
	vkBoxes: z.array(vkBox),
	vault,
	serverKey: base64url(32),
})

/**
 * A session of one device. `refreshToken` is null where it went into the HttpOnly cookie.
 * `refreshNonce`: the server nonce that the next refresh signs.
 */
export const session = z.object({
	accessToken: z.string(),
	accessExpiresAt: time,
	sid: z.string(),
	refreshToken: z.nullable(z.string()),
	refreshNonce: nonce,
	serverTime: time,
	role: z.enum(['admin', 'user']),
})

/** `cookie` for browsers, `body` for headless clients and bots. */
export const transport = z.enum(['cookie', 'body'])

/** An answer that says nothing but that it was done. */
export const none = z.object({})
