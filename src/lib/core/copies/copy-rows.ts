/** Rows of imported copies. */
import { bool, list, struct, text, time8, u32, versioned, type Decoded } from '#protocol/codec.ts'
import { copyKey, copyPageKey } from '#store/keys.ts'
import type { MessageView } from '../api.ts'

const words = text(4096)

/** Store `copies`, id: what is known of a copy without any of its pages. */
export const copyRow = versioned(
	1,
	struct({
		/** Deleted: nothing else of it is kept. It stands for pages that the search index has still to forget. */
		gone: bool,
		/** Names the pages that are its own. */
		generation: words,
		/** Address of the instance on which it was saved, and by which account. */
		origin: words,
		by: words,
		savedAt: time8,
		title: words,
		people: list(struct({ account: words, name: words, displayName: words }), 0xffffff),
		pages: list(struct({ count: u32, newest: time8 }), 0xffffff),
	}),
)
export type CopyRow = Decoded<typeof copyRow>

export interface CopiedMessage {
	/** ms: as its conversation ordered it. */
	readonly sentAt: number
	/** Without its files. */
	readonly view: MessageView
	/** Encoded, base64url; whether a file itself is here says the shelf. */
	readonly attachments?: readonly string[]
}

/** Store `copies`, id / generation / page: what is shown, as JSON. It was judged when it was imported. */
export const copyPageRow = versioned(1, struct({ messages: text(1 << 30) }))

export const copyAt = (id: string) => ({ store: 'copies', key: copyKey(id) }) as const

export const copyPageAt = (at: { readonly id: string; readonly generation: string }, page: number) =>
	({ store: 'copies', key: copyPageKey(at.id, at.generation, page) }) as const
