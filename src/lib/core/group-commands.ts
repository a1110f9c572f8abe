/** Commands of `KithApi` about groups and rooms, each a few lines onto the part that does it. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Commands, ConversationId, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import { fragmentIn } from './links.ts'
import type { SignedInSession } from './signed-in.ts'

type SignedIn = <T>(work: (session: SignedInSession) => Promise<Result<T, KithError>>) => Promise<Result<T, KithError>>

type GroupCommand =
	| 'createGroup'
	| 'addMembers'
	| 'leaveGroup'
	| 'removeMembers'
	| 'setRoles'
	| 'renameGroup'
	| 'setGroupPicture'
	| 'groupPicture'
	| 'setGroupPolicy'
	| 'archiveGroup'
	| 'createGroupLink'
	| 'endGroupLink'
	| 'createWelcomeLink'
	| 'invitesLeft'
	| 'readRoomLink'
	| 'previewRoom'
	| 'joinByLink'
	| 'openRooms'
	| 'joinRoom'
	| 'knock'
	| 'dismissKnock'

/** `door`: what is known of the server. */
export function groupCommands(
	signedIn: SignedIn,
	door: () => { readonly signUp: string } | null,
): Pick<Commands, GroupCommand> {
	const into = async (
		{ conversations }: SignedInSession,
		entered: Result<ConversationId, KithError>,
	): Promise<Result<{ conversation: ConversationId }, KithError>> => {
		if (!entered.ok) return entered
		await conversations.adopt(entered.value)
		return ok({ conversation: entered.value })
	}
	return {
		createGroup: (group) => signedIn(async (session) => into(session, await createGroup(session, group))),
		addMembers: ({ conversation, members }) =>
			signedIn(({ conversations }) => conversations.groups.add(conversation, members)),
		leaveGroup: ({ conversation }) => signedIn(({ conversations }) => conversations.groups.leave(conversation)),
		removeMembers: ({ conversation, accounts }) =>
			signedIn((session) => removeMembers(session, conversation, accounts)),
		setRoles: ({ conversation, members }) =>
			signedIn(({ conversations }) => conversations.groups.setRoles(conversation, members)),
		renameGroup: ({ conversation, name, topic }) =>
			signedIn(({ conversations }) => conversations.groups.rename(conversation, { name, topic })),
		setGroupPicture: ({ conversation, image }) =>
			signedIn(({ conversations }) => conversations.groups.setPicture(conversation, image)),
		groupPicture: ({ conversation }) => signedIn(({ conversations }) => conversations.groups.image(conversation)),
		setGroupPolicy: ({ conversation, policy }) =>
			signedIn(({ conversations }) => conversations.groups.setPolicy(conversation, policy)),
		archiveGroup: ({ conversation, archived }) =>
			signedIn(({ conversations }) => conversations.groups.archive(conversation, archived)),
		createGroupLink: ({ conversation, ...terms }) =>
			signedIn(({ conversations }) => conversations.links.create(conversation, terms)),
		endGroupLink: ({ conversation, link }) =>
			signedIn(({ conversations }) => conversations.links.end(conversation, link)),
		createWelcomeLink: ({ conversation, uses, days }) =>
			signedIn(({ conversations }) =>
				conversations.links.createWelcome(conversation, { uses, days, open: door()?.signUp === 'open' }),
			),
		invitesLeft: () =>
			signedIn(async ({ http }) => {
				if (door()?.signUp === 'open') return ok({ left: null })
				const answer = await http.call((api) => api.invites.list())
				return answer.ok ? ok({ left: answer.value.left }) : fail(toKithError(answer.error))
			}),
		readRoomLink: async ({ url }) => {
			const room = fragmentIn(url, 'room')
			if (room === null) return fail({ type: 'bad-link', reason: 'malformed' })
			const conversation = idToText(room.conversation)
			const maker = fragmentIn(url, 'friend')
			const invite = maker === null || maker.invite === null ? null : bytesToBase64url(maker.invite)
			const welcome = maker === null ? null : { by: idToText(maker.idHash), invite }
			const isMember = await signedIn(async (session) => ok(await isIn(session, conversation)))
			return ok({ conversation, member: isMember.ok && isMember.value, welcome })
		},
		previewRoom: ({ url }) => signedIn(({ conversations }) => conversations.links.preview(url)),
		joinByLink: ({ url }) => signedIn(async (session) => into(session, await session.conversations.links.join(url))),
		openRooms: () => signedIn(({ conversations }) => conversations.links.directory()),
		joinRoom: ({ conversation }) =>
			signedIn(async (session) => into(session, await session.conversations.links.joinOpen(conversation))),
		knock: ({ conversation }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.rooms.knock({ conversation }))
				return answer.ok ? ok(null) : fail(toKithError(answer.error))
			}),
		dismissKnock: ({ conversation, account }) =>
			signedIn(async ({ http }) => {
				const answer = await http.call((api) => api.rooms.dropKnock({ conversation, account }))
				return answer.ok ? ok(null) : fail(toKithError(answer.error))
			}),
	}
}

async function isIn({ conversations }: SignedInSession, conversation: ConversationId): Promise<boolean> {
	return ((await conversations.group(conversation))?.role ?? null) !== null
}

type NewGroup = Parameters<Commands['createGroup']>[0]

/** An open room is open once it stands in the directory. */
async function createGroup(
	{ conversations }: SignedInSession,
	group: NewGroup,
): Promise<Result<ConversationId, KithError>> {
	const made = await conversations.groups.create(group)
	if (!made.ok || group.kind !== 'room-open') return made
	const listed = await conversations.links.list(made.value, group)
	return listed.ok ? made : listed
}

/** A remove ends every link: that of an open room is made anew, or nobody could join until somebody does. */
async function removeMembers(
	{ conversations }: SignedInSession,
	conversation: ConversationId,
	accounts: readonly string[],
): Promise<Result<null, KithError>> {
	const removed = await conversations.groups.remove(conversation, accounts)
	const group = removed.ok ? await conversations.group(conversation) : null
	return group?.kind === 'room-open' ? conversations.links.list(conversation, group) : removed
}
