/** Worker entry: the core of this tab, or the way to it. The only place of the browser where envelopes are opened. */
import { createChapter } from '#core/chapter.ts'
import { bytesToBase64url } from '#protocol/bytes.ts'
import { systemRandom, systemTimers } from '../../system-ports.ts'
import { askServer, openDoor } from '../door.ts'
import { createFirstScreen } from '../first-screen.ts'
import { isInhabited } from '../inhabited.ts'
import { createRelay } from '../relay.ts'
import { apiToTarget, serveRpc } from '../rpc.ts'
import { openTab } from '../tab.ts'
import { apiChannel, peerChannel, windowChannel, type FromWindow, type FromWorker } from '../trouble.ts'
import { createWake } from '../wake.ts'
import { endToWire, type MessageEnd } from '../wire.ts'

const window = endToWire(self as MessageEnd, windowChannel)
const relay = createRelay()
// Served from the first turn on: what the window asks meanwhile waits for a core.
serveRpc(endToWire(self as MessageEnd, apiChannel), relay)

const tabs = new BroadcastChannel('kith-tabs') as MessageEnd
const firstScreen = createFirstScreen(systemTimers)
const peerTransport = createChapter(
	() => import('../peer-wire.ts'),
	({ wireTransport }) => wireTransport(endToWire(self as MessageEnd, peerChannel)),
)
const wake = createWake(endToWire(tabs, 'wake'))

const tab = openTab({
	self: bytesToBase64url(systemRandom(16)),
	window: relay,
	locks: navigator.locks,
	election: endToWire(tabs, 'election'),
	calls: endToWire(tabs, 'calls'),
	timers: systemTimers,
	startCore: (failed) =>
		openDoor({
			isInhabited,
			askServer,
			failed,
			startCore: async () => {
				const { startCore } = await import('../start-core.ts')
				const options = {
					failed,
					peerTransport: peerTransport.open,
					onWake: wake.listen,
					firstScreen: firstScreen.stands,
				}
				const { api, close } = await startCore(options)
				return { target: apiToTarget(api), close }
			},
		}),
	trouble: (trouble) => window.post({ type: 'trouble', trouble } satisfies FromWorker),
})

self.addEventListener('online', wake.fire)
window.listen((message) => {
	const said = message as FromWindow
	if (said.type === 'shown') return firstScreen.shown()
	const { visible } = said
	if (visible) wake.fire()
	void tab.then(({ setVisible }) => setVisible(visible))
})
