/** Where each message of a conversation stands, known before the first is sent: so that all can be signed ahead. */

/**
 * Posts that a page of ours is given. The server opens the next page at 512 and takes up to 768 for the old one for a minute
 * more: with 640 there are 128 posts between the opening of a page and the first post for it, and 128 of room.
 */
const postsPerPage = 640

export interface Spot {
	readonly sender: number
	readonly page: number
	/** In the sender's stream of that page. */
	readonly clock: number
}

/** The peers have no pages: one document for everything. */
export function spotOf(n: number, senders: number, paged: boolean): Spot {
	const page = paged ? Math.floor(n / postsPerPage) : 0
	const sender = n % senders
	const start = page * postsPerPage
	const first = start + ((sender - (start % senders) + senders) % senders)
	return { sender, page, clock: (n - first) / senders }
}
