/** Puts the domain together. The state caches come first: they must hear of a new entry before anybody who asks them. */
import { createAccountEntries } from './account-entries.ts'
import { deviceBundle, publicAccount } from './account-bundle.ts'
import { createAdministration } from './administration.ts'
import { createAccountStates } from './account-states.ts'
import { createBlobs } from './blobs.ts'
import { createBots } from './bots.ts'
import { createBars } from './bars.ts'
import { createConversationStates } from './conversation-states.ts'
import { createConversations } from './conversations.ts'
import { createDevices } from './devices.ts'
import { createDevicesHere } from './devices-here.ts'
import type { Domain, DomainPorts } from './domain.ts'
import { createEmails } from './emails.ts'
import { createEvents } from './events/create-events.ts'
import { createFeeds } from './feeds.ts'
import { createFriends } from './friends.ts'
import { createGuests } from './guests.ts'
import { createIceServers } from './ice-servers.ts'
import { createInstanceFacts, drawSetupToken } from './instance.ts'
import { createInvites } from './invites.ts'
import { createKeptAnswers } from './kept-answers.ts'
import { createMethodTokens } from './method-tokens.ts'
import { createOnline } from './online.ts'
import { createOperator } from './operator.ts'
import { createOpaqueServer } from './opaque.ts'
import { createPictures } from './pictures.ts'
import { createPresence } from './presence.ts'
import { createProfiles } from './profiles.ts'
import { createPush } from './push.ts'
import { createReports } from './reports.ts'
import { createRevocations } from './revocations.ts'
import { createRooms, seenInRooms } from './rooms.ts'
import { createScrubbing } from './scrubbing.ts'
import { createSessions, sessionContext } from './sessions.ts'
import { createSignIn } from './sign-in.ts'
import { createSignUp } from './sign-up.ts'
import { createTickets } from './tickets.ts'
import { createVaults } from './vaults.ts'

export async function createDomain(ports: DomainPorts): Promise<Domain> {
	const accountStates = createAccountStates(ports)
	const conversationStates = createConversationStates(ports, accountStates)
	const instance = await createInstanceFacts(ports)
	const opaque = await createOpaqueServer(ports.secrets, ports.random)
	const methodTokens = createMethodTokens(ports)
	const context = sessionContext(ports, instance, accountStates)
	const sessions = createSessions(context)
	const signedIn = { ...context, opaque, methodTokens }
	const states = { ...ports, instance, accountStates, conversationStates }
	const friends = createFriends(states)
	const bars = await createBars(context)
	const scrubbing = createScrubbing(ports)
	const events = createEvents(ports, {
		...states,
		friends,
		rate: ports.policy.eventRate,
		quota: ports.policy.eventQuota,
		turnRate: ports.policy.turnRate,
		bars,
		scrubbing,
	})
	const online = createOnline(ports)
	const devicesHere = createDevicesHere()
	const conversations = { ...states, friends }
	const blobs = createBlobs(conversations)
	const tickets = createTickets({ ...states, sessions, pages: events.pages })
	return {
		...states,
		...events,
		friends,
		scrubbing,
		accounts: {
			own: (access) => deviceBundle(states, access),
			seenBy: (viewer, account, from) =>
				publicAccount({ ...states, isSeenInRooms: seenInRooms(conversations) }, viewer, { account, from }),
			isSetUp: () => ports.repositories.accounts.hasAdmin(),
			drawSetupToken: () => drawSetupToken(ports),
		},
		administration: createAdministration({ ...context, conversationStates }),
		operator: createOperator({ ...context, conversationStates }),
		sessions,
		tickets,
		feeds: createFeeds({ ...ports, tickets }),
		signUp: createSignUp(signedIn),
		signIn: createSignIn(signedIn),
		devices: createDevices(signedIn),
		revocations: createRevocations(signedIn),
		vaults: createVaults(ports, accountStates),
		profiles: createProfiles(ports, accountStates),
		emails: createEmails(ports),
		presence: createPresence(ports, friends),
		online,
		accountEntries: createAccountEntries(ports, accountStates),
		invites: createInvites(ports),
		bots: createBots(context),
		keptAnswers: createKeptAnswers(ports),
		devicesHere,
		push: createPush(ports, devicesHere),
		reports: createReports({ ...states, bars }),
		conversations: createConversations(conversations),
		blobs,
		pictures: createPictures(states),
		rooms: createRooms({ ...conversations, online }),
		iceServers: createIceServers(ports),
		guests: createGuests({ ...states, accessTokens: context.accessTokens, pages: events.pages, blobs }),
	}
}
