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
			...{ createGroup: 1, addMembers: 1, leaveGroup: 1, removeMembers: 1, setRoles: 1 },
			...{ renameGroup: 1, setGroupPicture: 1, groupPicture: 1, setGroupPolicy: 1, archiveGroup: 1 },
			...{ setGroupDirect: 1 },
			...{ createGroupLink: 1, endGroupLink: 1, createWelcomeLink: 1, invitesLeft: 1, readRoomLink: 1 },
			...{ previewRoom: 1, joinByLink: 1, openRooms: 1, joinRoom: 1, knock: 1, dismissKnock: 1 },
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
	return laterCommands<FileCommands>({ stopPreparing: 1, fetchFile: 1, stopFile: 1, readFile: 1 }, chapter)
}

export function laterAdminCommands(signedIn: SignedIn): AdminCommands {
	const chapter = createChapter(
		() => import('./admin-commands.ts'),
		({ adminCommands }) => adminCommands(signedIn),
	)
	return laterCommands<AdminCommands>(
		{
			...{ openNotice: 1, serverUsers: 1, setUserDisabled: 1, setUserRole: 1, serverRooms: 1 },
			...{ serverFigures: 1, serverAudit: 1, serverInvites: 1, revokeInvite: 1 },
			...{ previewReport: 1, reportMessage: 1, reports: 1, dismissReport: 1 },
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
			...{ friendLink: 1, readLink: 1, requestFriend: 1, inviteByEmail: 1, acceptFriend: 1 },
			...{ declineFriend: 1, cancelRequest: 1, removeFriend: 1, block: 1, unblock: 1 },
			...{ createInvite: 1, safetyNumber: 1, bots: 1, createBot: 1, endBot: 1 },
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
			...{ email: 1, setEmail: 1, confirmEmail: 1, setDisplayName: 1 },
			...{
				setPrivacy: 1,
				revokeDevices: 1,
				endSession: 1,
				received: 1,
				push: 1,
				setPush: 1,
				testPush: 1,
			},
			...{ nearbyOffer: 1, nearbyRead: 1, nearbyMet: 1, nearbyLeave: 1 },
		},
		chapter,
	)
}
