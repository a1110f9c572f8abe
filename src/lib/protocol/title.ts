/** What members call a conversation: sealed under an epoch, so that the server reads none of it (SPEC CNV34). */
import { fixed, optional, struct, text, versioned, type Decoded } from './codec.ts'
import { ROOM_NAME_MAX, ROOM_TOPIC_MAX } from './limits.ts'

export const titlePlaintext = versioned(
	1,
	struct({
		name: text(4 * ROOM_NAME_MAX),
		topic: text(4 * ROOM_TOPIC_MAX),
		/** What picture.ts makes of a picture. */
		picture: optional(fixed(32)),
	}),
)
export type TitlePlaintext = Decoded<typeof titlePlaintext>
