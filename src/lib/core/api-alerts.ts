/** What asks for attention: the alert hub, and which conversations are to be quiet. */
import type { Result } from '#protocol/result.ts'
import type { DeviceLabel } from './api-account.ts'
import type { ConversationId, DeviceId, EventId, KithError } from './api-basics.ts'
import type { PersonView } from './api-people.ts'

export interface AlertCommands {
	/**
	 * `all`: everything that the hub shows, and the messages that it tells of count as read. Else those of these ids that no
	 * conversation keeps count of. Works offline, on all devices.
	 */
	markAlertsRead(input: { alerts: 'all' | readonly string[] }): Promise<Result<null, KithError>>
	/** Works offline, on all devices; null: it is heard again. */
	muteConversation(input: { conversation: ConversationId; mute: MuteView | null }): Promise<Result<null, KithError>>
}

/** `until`: ms. */
export type MuteView = { readonly type: 'until'; readonly until: number } | { readonly type: 'ever' }

/** Where something was said: title and seed of the avatar. */
export interface AlertPlace {
	readonly conversation: ConversationId
	readonly kind: 'direct' | 'group'
	/** Empty while the key of a group's name is not here. */
	readonly title: string
}

export type AlertAbout =
	/** Somebody asks to be friends, and waits for an answer. `warning`: the name is that of a friend (F3). */
	| { readonly type: 'request'; readonly person: PersonView; readonly warning: boolean }
	/** Somebody accepted what we asked. */
	| { readonly type: 'accepted'; readonly person: PersonView; readonly conversation: ConversationId | null }
	/** Somebody brought us into a group or room. */
	| { readonly type: 'added'; readonly place: AlertPlace; readonly by: PersonView }
	/** Somebody asks to be let in where we are owner or admin. */
	| { readonly type: 'knock'; readonly place: AlertPlace; readonly person: PersonView }
	/** A message names us. */
	| {
			readonly type: 'mention'
			readonly place: AlertPlace
			readonly by: PersonView
			readonly event: EventId
			readonly text: string
	  }
	/** Unread, without those that mention us: the newest of them. */
	| {
			readonly type: 'messages'
			readonly place: AlertPlace
			readonly by: PersonView
			readonly count: number
			/** Empty where it cannot be shown. */
			readonly text: string
	  }
	/** The same from who administers this server. */
	| {
			readonly type: 'notice'
			readonly place: AlertPlace
			readonly by: PersonView
			readonly count: number
			readonly text: string
	  }
	/** Somebody is not who he was (F3). */
	| {
			readonly type: 'identity'
			readonly person: PersonView
			readonly why: 'new-identity' | 'forked'
			readonly conversation: ConversationId | null
	  }
	/** A device came to our own account. `here`: this one. */
	| { readonly type: 'device'; readonly device: DeviceId; readonly label: DeviceLabel | null; readonly here: boolean }

export type AlertView = AlertAbout & {
	/** The same on all devices and after a restart. */
	readonly id: string
	/** ms */
	readonly at: number
	readonly unread: boolean
}

export interface AlertsView {
	/** The newest first, at most 200 of the last 90 days. */
	readonly alerts: readonly AlertView[]
	readonly unread: number
	/** Those of `unread` that no conversation counts: what a title adds to unread messages. */
	readonly apart: number
}
