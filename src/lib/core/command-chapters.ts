/** Commands that are loaded with the first of their kind: by name, so that a window can ask for them. */
import type { AdminCommands } from './api.ts'
import { createChapter, laterCommands } from './chapter.ts'
import type { GroupCommands } from './group-commands.ts'
import type { SignedIn } from './signed-in.ts'

export function laterGroupCommands(signedIn: SignedIn, door: () => { readonly signUp: string } | null): GroupCommands {
	const chapter = createChapter(
		() => import('./group-commands.ts'),
		({ groupCommands }) => groupCommands(signedIn, door),
	)
	return laterCommands<GroupCommands>(
		{
			...{ createGroup: true, addMembers: true, leaveGroup: true, removeMembers: true, setRoles: true },
			...{ renameGroup: true, setGroupPicture: true, groupPicture: true, setGroupPolicy: true, archiveGroup: true },
			...{ createGroupLink: true, endGroupLink: true, createWelcomeLink: true, invitesLeft: true, readRoomLink: true },
			...{ previewRoom: true, joinByLink: true, openRooms: true, joinRoom: true, knock: true, dismissKnock: true },
		},
		chapter,
	)
}

export function laterAdminCommands(signedIn: SignedIn): AdminCommands {
	const chapter = createChapter(
		() => import('./admin-commands.ts'),
		({ adminCommands }) => adminCommands(signedIn),
	)
	return laterCommands<AdminCommands>(
		{
			...{ openNotice: true, serverUsers: true, setUserDisabled: true, setUserRole: true, serverRooms: true },
			...{ serverFigures: true, serverInvites: true, revokeInvite: true },
			...{ previewReport: true, reportMessage: true, reports: true, dismissReport: true },
		},
		chapter,
	)
}
