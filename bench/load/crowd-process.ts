/** Devices that are connected and follow their conversations, and say nothing: until some of them post, as a proof. */
import type { CrowdDevice, CrowdJob, CrowdPost, FromCrowd, ToCrowd } from './crowd.ts'
import type { KithConversation } from './job.ts'
import { authorOf, KithLink } from './kith-link.ts'
import { eachMarker } from './marker.ts'
import { PeerLink, updateMessage } from './peer-link.ts'
import { signMessage } from './signed-items.ts'

const connectingAtOnce = 64
const firstSpot = { sender: 0, page: 0, clock: 0 }

interface Crowd {
	readonly links: Map<number, KithLink | PeerLink>
	/** "device conversation n" */
	readonly heard: Set<string>
	readonly posted: Set<string>
	closed: number
}

function tell(message: FromCrowd): void {
	process.send?.(message)
}

async function connectSome(job: CrowdJob, crowd: Crowd, count: number): Promise<void> {
	const devices = job.devices.slice(crowd.links.size, crowd.links.size + count)
	for (let from = 0; from < devices.length; from += connectingAtOnce) {
		await Promise.all(devices.slice(from, from + connectingAtOnce).map((device) => connect(job, crowd, device)))
	}
}

async function connect(job: CrowdJob, crowd: Crowd, device: CrowdDevice): Promise<void> {
	const link = job.system === 'kith' ? await connectKith(job, device) : await connectPeer(job, device)
	link.onFrame = (frame) =>
		eachMarker(frame, (conversation, n) => void crowd.heard.add(`${device.index} ${conversation} ${n}`))
	link.onClose = () => crowd.closed++
	crowd.links.set(device.index, link)
}

async function connectKith({ port, conversations }: CrowdJob, device: CrowdDevice): Promise<KithLink> {
	if (device.kith === null) throw new Error('a device without keys')
	const link = new KithLink(port, device.kith)
	await link.enter()
	await link.follow(device.conversations.map((index) => (conversations[index] as KithConversation).id))
	return link
}

async function connectPeer({ system, port }: CrowdJob, device: CrowdDevice): Promise<PeerLink> {
	if (system === 'kith') throw new Error('not a peer')
	const link = new PeerLink(system, port, `bench-${device.conversations[0]}`)
	await link.enter()
	return link
}

function post(job: CrowdJob, crowd: Crowd, { device, conversation, n }: CrowdPost): void {
	const link = crowd.links.get(device)
	crowd.posted.add(`${device} ${conversation} ${n}`)
	if (link instanceof PeerLink) {
		link.send(updateMessage({ conversation, n, spot: { ...firstSpot, sender: device }, itemBytes: job.itemBytes }))
	} else if (link instanceof KithLink) {
		const named = { ...(job.conversations[conversation] as KithConversation), index: conversation }
		const kith = job.devices.find(({ index }) => index === device)?.kith
		if (kith == null) throw new Error('a device without keys')
		link.send(
			signMessage({ conversation: named, author: authorOf(kith), n, spot: firstSpot, itemBytes: job.itemBytes }),
		)
	}
}

const crowd: Crowd = { links: new Map(), heard: new Set(), posted: new Set(), closed: 0 }
let job: CrowdJob

process.on('message', (message: ToCrowd) => {
	switch (message.t) {
		case 'job':
			job = message.job
			return
		case 'connect':
			return void connectSome(job, crowd, message.count).then(
				() => tell({ t: 'ready' }),
				(error: unknown) => tell({ t: 'failed', message: String(error) }),
			)
		case 'post':
			for (const one of message.posts) post(job, crowd, one)
			return tell({ t: 'posted' })
		case 'report': {
			const count = [...crowd.heard].filter((key) => !crowd.posted.has(key)).length
			return tell({ t: 'heard', count, closed: crowd.closed })
		}
	}
})
