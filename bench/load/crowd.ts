/** What idle devices are told and tell. Crosses process borders: plain data. */
import type { SystemName } from '../systems/system.ts'
import type { KithConversation, KithMember } from './job.ts'

export interface CrowdDevice {
	readonly index: number
	/** Followed by it: indexes of conversations; of the peers one document each. */
	readonly conversations: readonly number[]
	readonly kith: KithMember | null
}

export interface CrowdJob {
	readonly system: SystemName
	readonly port: number
	readonly devices: readonly CrowdDevice[]
	/** By index; empty for the peers. */
	readonly conversations: readonly KithConversation[]
	readonly itemBytes: number
}

/** One message by a device of this process. */
export interface CrowdPost {
	readonly device: number
	readonly conversation: number
	readonly n: number
}

export type ToCrowd =
	| { readonly t: 'job'; readonly job: CrowdJob }
	/** So many more of the job's devices. */
	| { readonly t: 'connect'; readonly count: number }
	| { readonly t: 'post'; readonly posts: readonly CrowdPost[] }
	/** Which device heard which post, so far. */
	| { readonly t: 'report' }

export type FromCrowd =
	| { readonly t: 'ready' }
	| { readonly t: 'posted' }
	/** Posts heard by others than their author, and sockets that are no longer open. */
	| { readonly t: 'heard'; readonly count: number; readonly closed: number }
	| { readonly t: 'failed'; readonly message: string }
