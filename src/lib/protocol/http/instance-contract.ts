/** What the server is, for everybody who asks. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { time, base64url } from './schemas.ts'

export const instanceContract = {
	get: oc.route({ method: 'GET', path: '/instance', summary: 'What this server is' }).output(
		z.object({
			name: z.string(),
			version: z.string(),
			serverKey: base64url(32),
			instanceEpoch: base64url(16),
			signUp: z.enum(['setup', 'invite', 'open']),
			/** OPAQUE key stretching (argon2id); memory in KiB. */
			stretching: z.object({ version: z.int(), iterations: z.int(), memory: z.int(), parallelism: z.int() }),
			serverTime: time,
			/** Can it send e-mail? Else addresses are not taken. Servers of 0.1.0 do not say, and cannot. */
			mail: z.optional(z.boolean()),
			/** Who may create rooms. Servers of 0.1.0 do not say. */
			rooms: z.optional(z.enum(['everybody', 'admins'])),
			/** May visitors without an account read open rooms? Servers of 0.1.0 do not say, and take none. */
			guests: z.optional(z.boolean()),
			/** Is there a TURN server, so that people can hide their addresses from each other? Servers of 0.2.0 do not say. */
			relay: z.optional(z.boolean()),
			/** The largest file, in bytes as they are stored. Servers of 0.1.0 do not say, and take none. */
			fileMax: z.optional(time),
		}),
	),
}
