/** Devices beside each other, connected by codes that their people carry from screen to camera (product L3). */
import type { Result } from '#protocol/result.ts'
import type { NearbyHeard, NearbyRefusal } from '#sync/peers/nearby-links.ts'
import type { KithError } from './api-basics.ts'
import type { PersonView } from './api-people.ts'

export type { NearbyHeard, NearbyRefusal }

export interface NearbyCommands {
	/** For another device to scan: base64url; the same until it is answered or left. Null: this device reaches no other directly. */
	nearbyOffer(): Promise<Result<{ code: string | null }, KithError>>
	/** What the camera read. The same read again changes nothing. */
	nearbyRead(input: { code: string }): Promise<Result<NearbyHeard, KithError>>
	/** Answers when a device is met; null: none was, because it was not reached or the codes were left. */
	nearbyMet(): Promise<Result<NearbyMet | null, KithError>>
	/** Codes that were shown are worth nothing any more. Whoever is connected stays so. */
	nearbyLeave(): Promise<Result<null, KithError>>
}

export interface NearbyMet {
	/** Null: a device of the own account. */
	readonly person: Omit<PersonView, 'presence'> | null
}
