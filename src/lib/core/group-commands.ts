/** Commands of `KithApi` about groups and rooms, each a few lines onto the part that does it. */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { idToText } from '#protocol/ids.ts'
import { fail, ok, type Result } from '#protocol/result.ts'
import type { Commands, ConversationId, KithError } from './api.ts'
import { toKithError } from './http-errors.ts'
import type { Groups } from './groups.ts'
import { fragmentIn } from './links.ts'
import { fellowsEntry } from './privacy.ts'
import type { RoomLinks } from './room-links.ts'
import type { SignedIn, SignedInSession } from './signed-in.ts'

type GroupCommandName =
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
	| 'setGroupDirect'
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

export type GroupCommands = Pick<Commands, GroupCommandName>

/** `door`: what is known of the server. */
export function groupCommands(signedIn: SignedIn, door: () => { readonly signUp: string } | null): GroupCommands {
	const into = async (
		{ conversations }: SignedInSession,
		entered: Result<ConversationId, KithError>,
	): Promise<Result<{ conversation: ConversationId }, KithError>> => {
		if (!entered.ok) return entered
		await conversations.adopt(entered.value)
		return ok({ conversation: entered.value })
	}
	const inGroups = <T>(work: (groups: Groups) => Promise<Result<T, KithError>>) =>
		signedIn(async ({ conversations }) => work((await conversations.membership.open()).groups))
	const withLinks = <T>(work: (links: RoomLinks) => Promise<Result<T, KithError>>) =>
		signedIn(async ({ conversations }) => work((await conversations.membership.open()).links))
	return {
		createGroup: (group) => signedIn(async (session) => into(session, await createGroup(session, group))),
		addMembers: ({ conversation, members }) => inGroups((groups) => groups.add(conversation, members)),
		leaveGroup: ({ conversation }) => inGroups((groups) => groups.leave(conversation)),
		removeMembers: ({ conversation, accounts }) =>
			signedIn((session) => removeMembers(session, conversation, accounts)),
		setRoles: ({ conversation, members }) => inGroups((groups) => groups.setRoles(conversation, members)),
		renameGroup: ({ conversation, name, topic }) => inGroups((groups) => groups.rename(conversation, { name, topic })),
		setGroupPicture: ({ conversation, image }) => inGroups((groups) => groups.setPicture(conversation, image)),
		groupPicture: ({ conversation }) => inGroups((groups) => groups.image(conversation)),
		setGroupPolicy: ({ conversation, policy }) => inGroups((groups) => groups.setPolicy(conversation, policy)),
		archiveGroup: ({ conversation, archived }) => inGroups((groups) => groups.archive(conversation, archived)),
		setGroupDirect: ({ conversation, on }) =>
			signedIn(async ({ conversations, entries }): Promise<Result<null, KithError>> => {
				if (conversations.get(conversation) === null) return fail({ type: 'not-here' })
				const { name, value } = fellowsEntry(conversation)
				return entries.put(name, encode(value, { direct: on }))
			}),
		createGroupLink: ({ conversation, ...terms }) => withLinks((links) => links.create(conversation, terms)),
		endGroupLink: ({ conversation, link }) => withLinks((links) => links.end(conversation, link)),
		createWelcomeLink: ({ conversation, uses, days }) =>
			withLinks((links) => links.createWelcome(conversation, { uses, days, open: door()?.signUp === 'open' })),
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
		previewRoom: ({ url }) => withLinks((links) => links.preview(url)),
		joinByLink: ({ url }) =>
			signedIn(async (session) => into(session, await (await session.conversations.membership.open()).links.join(url))),
		openRooms: () => withLinks((links) => links.directory()),
		joinRoom: ({ conversation }) =>
			signedIn(async (session) =>
				into(session, await (await session.conversations.membership.open()).links.joinOpen(conversation)),
			),
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
	const { groups, links } = await conversations.membership.open()
	const made = await groups.create(group)
	if (!made.ok || group.kind !== 'room-open') return made
	const listed = await links.list(made.value, group)
	return listed.ok ? made : listed
}

/** A remove ends every link: that of an open room is made anew, or nobody could join until somebody does. */
async function removeMembers(
	{ conversations }: SignedInSession,
	conversation: ConversationId,
	accounts: readonly string[],
): Promise<Result<null, KithError>> {
	const { groups, links } = await conversations.membership.open()
	const removed = await groups.remove(conversation, accounts)
	const group = removed.ok ? await conversations.group(conversation) : null
	return group?.kind === 'room-open' ? links.list(conversation, group) : removed
}
