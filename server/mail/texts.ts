/** The words of mails, in plain sentences. `{…}` is filled in; paragraphs are entries of `lines`, `link` stands on its own line. */

interface MailText {
	readonly subject: string
	readonly lines: readonly string[]
	/** What the link is called where there is HTML. */
	readonly action: string
	/** Behind the link. */
	readonly after: readonly string[]
}

export const mailTexts: Readonly<Record<'confirmation' | 'invitation', MailText>> = {
	confirmation: {
		subject: 'Confirm your e-mail address for {server}',
		lines: [
			'The account @{name} on {server} ({host}) gave this e-mail address as its own.',
			'If that is you, open this link where you are signed in. It works once, for 24 hours:',
		],
		action: 'Confirm this address',
		after: ['If it is not you, do nothing: without you the address is not used.'],
	},
	invitation: {
		subject: '@{from} wants to be friends on {server}',
		lines: [
			'@{from} on {server} ({host}) wants to be friends with you, @{name}.',
			'To send your request back, open this link:',
		],
		action: 'Be friends with @{from}',
		after: [
			'If you do not know @{from}, do nothing: nobody is told that this mail was read, or that this address is here.',
			'You get it because you confirmed this address in your settings. There you can remove it.',
		],
	},
}
