/** Words about groups and rooms, by what they are. */
import type { GroupKind, GroupPolicy, MemberRole } from '../state/views.ts'
import { m } from './catalogue.ts'

interface NewGroupWords {
	readonly title: string
	readonly name: string
	readonly create: string
}

export function newGroupWords(kind: GroupKind): NewGroupWords {
	switch (kind) {
		case 'group':
			return { title: m.group_new(), name: m.group_name(), create: m.group_create() }
		case 'room-open':
			return { title: m.room_new_open(), name: m.room_name(), create: m.room_create() }
		case 'room-private':
			return { title: m.room_new_private(), name: m.room_name(), create: m.room_create() }
	}
}

/** Null for members: they are what everybody is. */
export function roleWords(role: MemberRole): string | null {
	switch (role) {
		case 'owner':
			return m.role_owner()
		case 'admin':
			return m.role_admin()
		case 'reader':
			return m.role_reader()
		case 'member':
			return null
	}
}

export function inviteWords(invite: GroupPolicy['invite']): string {
	switch (invite) {
		case 'members':
			return m.group_invite_members_text()
		case 'admins':
			return m.group_invite_admins_text()
		case 'nobody':
			return m.group_invite_nobody_text()
	}
}
