/**
 * How much came to this device from the server and how much from other devices, over its whole life with the account: frames of the
 * socket and bodies of answers, and frames of the channels between devices; unpacked, and without what carries them. What is counted
 * is kept every ten seconds in which something came, and when somebody asks; a page that is left between loses that.
 */
import { struct, time8, versioned } from '#protocol/codec.ts'
import type { ReceivedView } from './api.ts'
import type { ConversationContext } from './context.ts'

const at = { store: 'settings', key: 'received' } as const
const row = versioned(1, struct({ since: time8, server: time8, devices: time8 }))
const keepMs = 10_000

type Counted = Pick<ConversationContext, 'records' | 'received' | 'time'>

/** With what was counted since it was kept last; kept with that. */
export async function keepReceived({ records, received, time }: Counted): Promise<ReceivedView> {
	const before = (await records.get(row, at)) ?? { since: time.now(), server: 0, devices: 0 }
	const { server, devices } = received
	const now = { ...before, server: before.server + server, devices: before.devices + devices }
	received.server -= server
	received.devices -= devices
	await records.put(row, at, now)
	return now
}

/** The answer ends it. */
export function keepReceivedNowAndThen(context: Counted & Pick<ConversationContext, 'timers' | 'failed'>): () => void {
	let cancel = () => {}
	const again = () => {
		cancel = context.timers.after(keepMs, () => {
			again()
			const { server, devices } = context.received
			if (server + devices === 0) return
			keepReceived(context).catch((error: unknown) => context.failed('received', error))
		})
	}
	again()
	return () => cancel()
}
