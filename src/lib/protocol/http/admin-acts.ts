/** What those who administer may do, as the audit log names it. */
export const adminActNames = [
	'close-account',
	'open-account',
	'make-admin',
	'make-user',
	'dismiss-report',
	'invite',
	'set-up-link',
	'rotate-token-key',
	'rotate-hmac-key',
	'rotate-push-key',
	'rotate-password-setup',
] as const

export type AdminAct = (typeof adminActNames)[number]
