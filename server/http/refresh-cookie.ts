/**
 * Where a browser keeps its refresh token: out of reach of scripts, sent to /api/v1/auth only, and never along with a
 * request that another site began. Browsers take `Secure` cookies from http://localhost too.
 */
const name = 'kith-refresh'
const attributes = 'Path=/api/v1/auth; HttpOnly; Secure; SameSite=Strict'

export function refreshCookie(token: string, lifetimeMs: number): string {
	return `${name}=${token}; Max-Age=${Math.floor(lifetimeMs / 1000)}; ${attributes}`
}

export const clearedRefreshCookie = `${name}=; Max-Age=0; ${attributes}`

export function refreshCookieOf(headers: Headers): string | null {
	const match = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]{1,256})(?:;|$)`).exec(headers.get('cookie') ?? '')
	return match?.[1] ?? null
}
