/** Visitors without an account, in stories: real clients whose devices nobody signed up on. */
import type { ConversationId, ConversationView } from '#core/api.ts'
import { peopled, world, type Story } from './story.ts'
import { must, until } from './watching.ts'
import type { NodeDevice, World, WorldOptions } from './world.ts'

const takesGuests = { KITH_GUESTS: 'on' }

/** People on a server that takes guests. */
export async function setupOpen<Name extends string>(
	names: readonly Name[],
	{ env, ...options }: WorldOptions = {},
): Promise<Story<Name>> {
	return peopled(await world({ ...options, env: { ...takesGuests, ...env } }), names)
}

/** Looks around. */
export async function guestAt(opened: World, name = 'guest'): Promise<NodeDevice> {
	const device = await opened.device(name)
	must(await device.api.lookAround())
	await until(device.api, { view: 'session', of: null, is: ({ type }) => type === 'guest' })
	return device
}

export async function readUntil(
	{ api }: NodeDevice,
	conversation: ConversationId,
	is: (view: ConversationView) => boolean,
): Promise<ConversationView> {
	must(await api.readRoom({ conversation }))
	return until(api, {
		view: 'conversation',
		of: conversation,
		is: (view): view is ConversationView => view !== null && is(view),
	})
}
