/** What happened in a group, in one line each. */
import type { LogLineView, MemberRole } from '../state/views.ts'
import { getLocale, m } from './catalogue.ts'
import { lifetimeWords } from './lifetimes.ts'

export interface LineSpeaker {
	readonly nameOf: (account: string) => string
	readonly self: string
}

/** Names that stand in one line; more are counted. */
const namedMax = 4

export function logLineWords({ by, what }: LogLineView, { nameOf, self }: LineSpeaker): string {
	const mine = by === self
	const name = nameOf(by)
	const names = (people: readonly string[]) => listed(people, { nameOf, self })
	switch (what.type) {
		case 'created':
			return mine ? m.log_created_own() : m.log_created({ name })
		case 'added':
			return mine ? m.log_added_own({ names: names(what.people) }) : m.log_added({ name, names: names(what.people) })
		case 'joined':
			return what.people.length === 1 && mine
				? m.log_joined_own()
				: m.log_joined({ count: what.people.length, names: names(what.people) })
		case 'left':
			return mine ? m.log_left_own() : m.log_left({ name })
		case 'removed':
			return mine
				? m.log_removed_own({ names: names(what.people) })
				: m.log_removed({ name, names: names(what.people) })
		case 'role':
			return mine
				? ownRoleWords(what.role, names(what.people))
				: roleGivenWords(what.role, { name, names: names(what.people) })
		case 'stepped-down':
			return mine ? m.log_stepped_down_own() : m.log_stepped_down({ name })
		case 'renamed':
			if (what.name === null) return mine ? m.log_renamed_unread_own() : m.log_renamed_unread({ name })
			return mine ? m.log_renamed_own({ title: what.name }) : m.log_renamed({ name, title: what.name })
		case 'history':
			if (what.history === 'shared') return mine ? m.log_history_shared_own() : m.log_history_shared({ name })
			return mine ? m.log_history_from_join_own() : m.log_history_from_join({ name })
		case 'lifetime':
			if (what.lifetime === null) return mine ? m.log_lifetime_off_own() : m.log_lifetime_off({ name })
			return mine
				? m.log_lifetime_own({ time: lifetimeWords(what.lifetime) })
				: m.log_lifetime({ name, time: lifetimeWords(what.lifetime) })
		default:
			return plainWords(what.type, mine, name)
	}
}

type Plain = Extract<
	LogLineView['what']['type'],
	'topic' | 'picture' | 'invite' | 'knock' | 'link' | 'link-ended' | 'archived' | 'restored'
>

function plainWords(type: Plain, mine: boolean, name: string): string {
	switch (type) {
		case 'topic':
			return mine ? m.log_topic_own() : m.log_topic({ name })
		case 'picture':
			return mine ? m.log_picture_own() : m.log_picture({ name })
		case 'invite':
			return mine ? m.log_invite_own() : m.log_invite({ name })
		case 'knock':
			return mine ? m.log_knock_own() : m.log_knock({ name })
		case 'link':
			return mine ? m.log_link_own() : m.log_link({ name })
		case 'link-ended':
			return mine ? m.log_link_ended_own() : m.log_link_ended({ name })
		case 'archived':
			return mine ? m.log_archived_own() : m.log_archived({ name })
		case 'restored':
			return mine ? m.log_restored_own() : m.log_restored({ name })
	}
}

function ownRoleWords(role: MemberRole, names: string): string {
	switch (role) {
		case 'owner':
			return m.log_role_owner_own({ names })
		case 'admin':
			return m.log_role_admin_own({ names })
		case 'member':
			return m.log_role_member_own({ names })
		case 'reader':
			return m.log_role_reader_own({ names })
	}
}

function roleGivenWords(role: MemberRole, said: { name: string; names: string }): string {
	switch (role) {
		case 'owner':
			return m.log_role_owner(said)
		case 'admin':
			return m.log_role_admin(said)
		case 'member':
			return m.log_role_member(said)
		case 'reader':
			return m.log_role_reader(said)
	}
}

function listed(people: readonly string[], { nameOf, self }: LineSpeaker): string {
	const shown = people.length > namedMax ? people.slice(0, namedMax - 1) : people
	const names = shown.map((account) => (account === self ? m.log_you() : nameOf(account)))
	const others = people.length - shown.length
	const parts = others > 0 ? [...names, m.log_others({ count: others })] : names
	return new Intl.ListFormat(getLocale(), { type: 'conjunction' }).format(parts)
}
