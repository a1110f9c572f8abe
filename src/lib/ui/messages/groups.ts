/** Words about groups and rooms, by what they are. */
import type { GroupKind } from '../state/views.ts'
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
