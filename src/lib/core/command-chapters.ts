/** Commands that are loaded with the first of their kind: by name, so that a window can ask for them. */
import type { OwnAccountCommands } from './account-commands.ts'
import type { AdminCommands, FileCommands, PeopleCommands } from './api.ts'
import { createChapter, laterCommands } from './chapter.ts'
import type { CoreDeps } from './deps.ts'
import type { GroupCommands } from './group-commands.ts'
import type { GuestSession } from './guest-session.ts'
import type { ServerTime } from './identity.ts'
import type { Person } from './person.ts'
import type { SignedIn, SignedInSession } from './signed-in.ts'
import type { ViewRegistry } from './views.ts'

export interface CommandParts {
	readonly deps: CoreDeps
	readonly person: Person
	readonly time: ServerTime
	readonly views: ViewRegistry
}

export function laterGroupCommands(signedIn: SignedIn, door: () => { readonly signUp: string } | null): GroupCommands {
	const chapter = createChapter(
		() => import('./group-commands.ts'),
		({ groupCommands }) => groupCommands(signedIn, door),
	)
	return laterCommands<GroupCommands>(
		{
			...{ createGroup: true, addMembers: true, leaveGroup: true, removeMembers: true, setRoles: true },
			...{ renameGroup: true, setGroupPicture: true, groupPicture: true, setGroupPolicy: true, archiveGroup: true },
			...{ setGroupDirect: true },
			...{ createGroupLink: true, endGroupLink: true, createWelcomeLink: true, invitesLeft: true, readRoomLink: true },
			...{ previewRoom: true, joinByLink: true, openRooms: true, joinRoom: true, knock: true, dismissKnock: true },
		},
		chapter,
	)
}

export function laterFileCommands(
	session: () => SignedInSession | null,
	guest: () => GuestSession | null,
): FileCommands {
	const chapter = createChapter(
		() => import('./file-commands.ts'),
		({ fileCommands }) => fileCommands(session, guest),
	)
	return laterCommands<FileCommands>({ stopPreparing: true, fetchFile: true, stopFile: true, readFile: true }, chapter)
}

export function laterAdminCommands(signedIn: SignedIn): AdminCommands {
	const chapter = createChapter(
		() => import('./admin-commands.ts'),
		({ adminCommands }) => adminCommands(signedIn),
	)
	return laterCommands<AdminCommands>(
		{
			...{ openNotice: true, serverUsers: true, setUserDisabled: true, setUserRole: true, serverRooms: true },
			...{ serverFigures: true, serverAudit: true, serverInvites: true, revokeInvite: true },
			...{ previewReport: true, reportMessage: true, reports: true, dismissReport: true },
		},
		chapter,
	)
}

export function laterPeopleCommands(signedIn: SignedIn, parts: CommandParts): PeopleCommands {
	const chapter = createChapter(
		() => import('./people-commands.ts'),
		({ peopleCommands }) => peopleCommands(signedIn, parts),
	)
	return laterCommands<PeopleCommands>(
		{
			...{ friendLink: true, readLink: true, requestFriend: true, inviteByEmail: true, acceptFriend: true },
			...{ declineFriend: true, cancelRequest: true, removeFriend: true, block: true, unblock: true },
			...{ createInvite: true, safetyNumber: true, bots: true, createBot: true, endBot: true },
		},
		chapter,
	)
}

export function laterAccountCommands(signedIn: SignedIn, parts: CommandParts): OwnAccountCommands {
	const chapter = createChapter(
		() => import('./account-commands.ts'),
		({ accountCommands }) => accountCommands(signedIn, parts),
	)
	return laterCommands<OwnAccountCommands>(
		{
			...{ email: true, setEmail: true, confirmEmail: true, setDisplayName: true },
			...{
				setPrivacy: true,
				revokeDevices: true,
				endSession: true,
				received: true,
				push: true,
				setPush: true,
				testPush: true,
			},
		},
		chapter,
	)
}
