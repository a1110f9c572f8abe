/** Rows of the identity half of the core: declared here, sealed at rest by records.ts. */
import {
	bool,
	bytes,
	choice,
	fixed,
	optional,
	struct,
	text,
	time8,
	u32,
	versioned,
	versions,
	type Codec,
	type Decoded,
} from '#protocol/codec.ts'
import { signedHead, type SignedHead } from '#protocol/head.ts'
import { ACCOUNT_BODY_MAX, ACCOUNT_ENTRY_MAX, KEM_PUBLIC_KEY_LENGTH, VAULT_MAX } from '#protocol/limits.ts'

/** Store `meta`, `account`: who is signed in on this device. */
export const accountRow = versioned(
	1,
	struct({
		idHash: fixed(32),
		name: text(256),
		role: choice({ 1: 'admin', 2: 'user' }),
		/** Ed25519 key of the server: it never changes under us. */
		serverKey: fixed(32),
	}),
)
export type AccountRow = Decoded<typeof accountRow>

/** Store `meta`, `device`: what crypto/device-keys.ts gives to keep; `handle`: the signing key lies with the platform. */
export const deviceRow = versioned(1, struct({ bytes: bytes(1024), handle: bool }))

/** Store `meta`, `vault`: VK and the newest vault as it lies at the server. */
export const vaultRow = versioned(1, struct({ vaultKey: fixed(32), vault: bytes(VAULT_MAX) }))

/** Store `accountLogs`: one signed entry. */
export const accountLogRow = versioned(1, struct({ entry: bytes(ACCOUNT_BODY_MAX + 4096) }))

const personFields = {
	name: text(256),
	ak: optional(struct({ g: u32, key: fixed(KEM_PUBLIC_KEY_LENGTH) })),
	/** Signed profile, verified before it was stored. */
	profile: optional(bytes(1024)),
}
const headlessPersonRow = struct(personFields)
const headedPersonRow = struct({ ...personFields, head: signedHead })
const markedPersonRow = struct({ ...personFields, head: signedHead, bot: bool })

export type ToldPerson = Decoded<typeof headlessPersonRow>
export type PersonRow = ToldPerson & {
	/** The newest head that the server signed over the log, verified before it was stored; null: written by 0.1.0, or none came. */
	readonly head: SignedHead | null
	/** A program, as the server says. */
	readonly bot: boolean
}

/** Store `accounts`: what came with the log. `name` is the server's word. */
export const personRow: Codec<PersonRow> = versions<PersonRow>(
	{
		1: {
			write: headlessPersonRow.write,
			read: (reader) => ({ ...headlessPersonRow.read(reader), head: null, bot: false }),
		},
		2: {
			write: (writer, row) => headedPersonRow.write(writer, { ...row, head: row.head as SignedHead }),
			read: (reader) => ({ ...headedPersonRow.read(reader), bot: false }),
		},
		3: {
			write: (writer, row) => markedPersonRow.write(writer, { ...row, head: row.head as SignedHead }),
			read: markedPersonRow.read,
		},
	},
	({ head, bot }) => (head === null ? 1 : bot ? 3 : 2),
)

/** Store `friends`: one friendship as the server told it, its signatures checked. */
export const friendRow = versioned(
	1,
	struct({
		name: text(256),
		state: choice({
			1: 'incoming',
			2: 'outgoing',
			3: 'accepted',
			4: 'declined',
			5: 'cancelled',
			6: 'ended',
			7: 'blocked',
		}),
		since: time8,
		/** Empty where somebody is blocked with whom there never was anything. */
		request: bytes(1024),
	}),
)
export type FriendRow = Decoded<typeof friendRow>

/** Store `accountEntries`: one signed entry, as the server has it. */
export const accountEntryRow = versioned(1, struct({ entry: bytes(ACCOUNT_ENTRY_MAX + 512) }))

/** Store `meta`, `instance`: the server as last seen, for the start without network. */
export const instanceRow = versioned(
	1,
	struct({
		name: text(256),
		version: text(64),
		serverKey: fixed(32),
		signUp: choice({ 1: 'setup', 2: 'invite', 3: 'open' }),
		stretching: struct({ iterations: u32, memory: u32, parallelism: u32 }),
	}),
)
export type InstanceRow = Decoded<typeof instanceRow>
