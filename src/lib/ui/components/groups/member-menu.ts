/** What one may do with a member, as entries of his menu: only what the log would take from us. */
import Crown from '@lucide/svelte/icons/crown'
import Eye from '@lucide/svelte/icons/eye'
import MessageCircle from '@lucide/svelte/icons/message-circle'
import ShieldCheck from '@lucide/svelte/icons/shield-check'
import UserMinus from '@lucide/svelte/icons/user-minus'
import UserRound from '@lucide/svelte/icons/user-round'
import { m } from '../../messages/catalogue.ts'
import type { MemberRole, MemberView } from '../../state/views.ts'

export interface MemberActs {
	readonly write: (member: MemberView) => void
	readonly setRole: (member: MemberView, role: Exclude<MemberRole, 'owner'>) => void
	readonly handOver: (member: MemberView) => void
	readonly remove: (member: MemberView) => void
}

interface MenuItem {
	readonly label: string
	readonly icon: typeof Eye
	readonly danger?: boolean
	readonly onselect: () => void
}

const icons = { admin: ShieldCheck, member: UserRound, reader: Eye } as const
const labels = { admin: m.group_make_admin, member: m.group_make_member, reader: m.group_make_reader } as const

export function memberMenu(
	member: MemberView,
	who: { readonly own: boolean; readonly friend: boolean },
	acts: MemberActs,
): readonly MenuItem[] {
	if (who.own) return []
	const { may, displayName: name } = member
	const write = { label: m.group_write_to({ name }), icon: MessageCircle, onselect: () => acts.write(member) }
	const roles = (['admin', 'member', 'reader'] as const)
		.filter((role) => may.roles.includes(role))
		.map((role) => ({ label: labels[role](), icon: icons[role], onselect: () => acts.setRole(member, role) }))
	const owner = { label: m.group_hand_over_item(), icon: Crown, onselect: () => acts.handOver(member) }
	const remove = { label: m.group_remove(), icon: UserMinus, danger: true, onselect: () => acts.remove(member) }
	return [
		...(who.friend ? [write] : []),
		...roles,
		...(may.roles.includes('owner') ? [owner] : []),
		...(may.remove ? [remove] : []),
	]
}
