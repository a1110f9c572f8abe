/**
 * Who is here and who types on other nodes: what a connection says there is heard here as if its device were here. Who comes later
 * hears of it when it is said again, which clients do every few seconds.
 */
import { parseGuid } from '#protocol/guid.ts'
import type { AwarenessState } from '#protocol/page-messages.ts'
import type { Signals } from '#server/domain/signals.ts'
import { Awareness, type Speaker } from './awareness.ts'
import { pageFrame } from './frames.ts'
import type { SyncNode } from './node.ts'
import { broadcast } from './presence.ts'
import { announced } from './pushes.ts'
import type { Channel } from './rooms.ts'

type Said = Signals['awareness']

/** The answer stops listening. */
export function listenElsewhere(node: SyncNode): () => void {
	const speakers = new Map<string, Map<string, Speaker>>()
	const speakerOf = ({ node: name, device }: Said): Speaker => {
		const there = speakers.get(name) ?? new Map<string, Speaker>()
		speakers.set(name, there)
		const speaker = there.get(device) ?? { device }
		there.set(device, speaker)
		return speaker
	}

	const hear = (said: Said): void => {
		const channel = said.node === node.name ? null : channelOf(node, said)
		if (channel === null) return
		channel.awareness ??= new Awareness()
		tell(node, channel, channel.awareness.hear(speakerOf(said), said.states).accepted)
	}

	const forget = (name: string): void => {
		const there = [...(speakers.get(name)?.values() ?? [])]
		speakers.delete(name)
		for (const channel of node.rooms.channels()) {
			for (const speaker of there) tell(node, channel, channel.awareness?.leave(speaker) ?? [])
		}
	}

	const { cluster } = node.domain
	const stops = [cluster.subscribe('awareness', hear), cluster.subscribe('node-gone', ({ node: name }) => forget(name))]
	return () => stops.forEach((stop) => stop())
}

/** Where somebody hears it here. */
function channelOf(node: SyncNode, { conversation, guid }: Said): Channel | null {
	const room = node.rooms.room(conversation)
	const address = parseGuid(guid)
	if (room === null || address === null) return null
	return room.followers.size > 0 ? announced(node, room, address) : (room.channels.get(guid) ?? null)
}

function tell(node: SyncNode, channel: Channel, states: readonly AwarenessState[]): void {
	if (states.length === 0) return
	broadcast(node, channel, { frame: pageFrame(channel.number, { type: 'awareness', states }), except: null })
}
