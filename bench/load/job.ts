/** What the bench tells its load processes, and what they tell back. Crosses process borders: plain data. */
import type { Bytes } from '../../src/lib/protocol/bytes.ts'
import type { SystemName } from '../systems/system.ts'

/** Keys and session of one member of ours. */
export interface KithMember {
	readonly name: string
	readonly account: Bytes
	readonly sid: string
	readonly accessToken: string
}

export interface KithConversation {
	readonly id: Bytes
	readonly logSeq: number
	readonly logHash: Bytes
}

export interface LoadMember {
	/** Among the members of the conversation: message n is written by the member at n mod members. */
	readonly position: number
	/** Null for the peers, where anybody may write. */
	readonly kith: KithMember | null
}

export interface LoadConversation {
	/** Among all conversations of the run. */
	readonly index: number
	readonly memberCount: number
	/** Messages of the whole run, warm-up included. */
	readonly messages: number
	readonly kith: KithConversation | null
	/** Those of this process. */
	readonly members: readonly LoadMember[]
}

/** Message n of conversation c is due at start + (n + c / conversations) × everyMs, whatever became of the ones before. */
export interface OpenLoop {
	readonly type: 'open'
	readonly everyMs: number
	readonly conversations: number
	/** Messages due within this time after the start count for nothing. */
	readonly warmUpMs: number
}

/** So many messages of a conversation are under way at once; all of its members live in one process. */
export interface ClosedLoop {
	readonly type: 'closed'
	readonly underWay: number
	readonly warmUpMs: number
	readonly measureMs: number
}

export interface LoadJob {
	readonly system: SystemName
	readonly port: number
	/** Bytes of a message as it stands in the Y.Doc: our encoded item, the same number of any bytes for the peers. */
	readonly itemBytes: number
	readonly conversations: readonly LoadConversation[]
	readonly loop: OpenLoop | ClosedLoop
}

export interface LoadResult {
	/** To others than the author, in the measured window. */
	readonly deliveries: number
	/** ms from when a message was due to when another member's socket had it; open loop only. */
	readonly latencies: Float32Array
	/** Of the whole run: deliveries that never came, and those that came twice. */
	readonly lost: number
	readonly repeated: number
	/** Verdicts of our server: `accept`, and others. */
	readonly accepted: number
	readonly notAccepted: number
	/** A closed loop that ran out of prepared messages before its time was over. */
	readonly ranOut: boolean
}

export type ToLoad = { readonly t: 'job'; readonly job: LoadJob } | { readonly t: 'start'; readonly at: number }
export type FromLoad =
	| { readonly t: 'ready' }
	| { readonly t: 'done'; readonly result: LoadResult }
	| { readonly t: 'failed'; readonly message: string }
