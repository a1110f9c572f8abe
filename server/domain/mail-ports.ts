/** Mail as the domain wants it sent: what it says, to whom. Words, links and the way out are the adapter's (server/mail). */

interface Addressed {
	/** In the spelling of `foldEmailAddress`. */
	readonly to: string
}

export type Mail =
	/** `name` is the account that asked; `token` stands in the link, once. */
	| (Addressed & { readonly type: 'confirmation'; readonly name: string; readonly token: string })
	/** `from` asks `name` to be friends. */
	| (Addressed & { readonly type: 'invitation'; readonly from: string; readonly name: string })

export interface Mailer {
	/**
	 * Answers at once. `compose` runs later, one after the other, and says what to send, or null for nothing: so no answer
	 * waits for a mailbox, and its time tells nothing about an address.
	 */
	send(compose: () => Promise<Mail | null>): void
}
