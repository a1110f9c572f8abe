/** A group or room that somebody is about to make. */
import type { NewGroup } from '#core/api.ts'

/** Characters: what the sealed title holds (protocol/limits.ts), with room for any script. */
export const groupNameMax = 128
export const groupTopicMax = 1024

export class NewGroupForm {
	/** Accounts. */
	members = $state.raw<readonly string[]>([])
	name = $state('')
	topic = $state('')
	history = $state<NewGroup['history']>('shared')
	readonly isComplete = $derived(this.name.trim() !== '')

	/** In an open room everybody reads everything; who was added by somebody adds others too, but in a private room. */
	asked(kind: NewGroup['kind']): NewGroup {
		return {
			kind,
			name: this.name.trim(),
			topic: this.topic.trim(),
			history: kind === 'room-open' ? 'shared' : this.history,
			invite: kind === 'room-private' ? 'admins' : 'members',
			knock: kind === 'room-private' ? 'yes' : 'no',
			members: this.members.map((account) => ({ account, role: 'member' })),
		}
	}
}
