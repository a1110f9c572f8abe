/**
 * An item that the server stored and whose signature does not verify is reported, signed by this device (SPEC RPT2): the
 * server looks at its row, and bars the device that signed it. What could not be told is told with the next connection.
 */
import { bytesToBase64url } from '#protocol/bytes.ts'
import { encode } from '#protocol/codec.ts'
import { wireErrors } from '#protocol/errors.ts'
import { serverIdOf, textToId } from '#protocol/ids.ts'
import { encodeReportBody, signedReport, type ReportBody } from '#protocol/report.ts'
import type { ConversationId } from './api.ts'
import type { ConversationContext } from './context.ts'

/** Where the item stands. */
export interface ReportedItem {
	readonly guid: string
	readonly clientId: number
	readonly clock: number
}

export interface Reports {
	readonly badSignature: (item: ReportedItem) => void
	/** The connection is back. */
	readonly retry: () => void
}

/** Of one connection: who signs more than this badly is barred long before. */
const waitingMax = 64

type Context = Pick<ConversationContext, 'self' | 'crypto' | 'http' | 'time' | 'failed'>

export function createReports(id: ConversationId, { self, crypto, http, time, failed }: Context): Reports {
	const conversation = textToId('conversation', id)
	let waiting: readonly ReportedItem[] = []

	async function send(item: ReportedItem): Promise<void> {
		if (conversation === null) return
		const server = serverIdOf(crypto.hash, self.serverKey)
		const reporter = { server, idHash: self.idHash, device: self.deviceId, time: time.now(), conversation }
		const body: ReportBody = { type: 'badSignature', ...reporter, ...item }
		const signature = await self.keys.signing.sign('report', encodeReportBody(body))
		const report = bytesToBase64url(encode(signedReport, { body, signature }))
		const answer = await http.call((api) => api.reports.send({ report }))
		const isLost = !answer.ok && (answer.error.type === 'offline' || wireErrors[answer.error.code].retry !== 'never')
		if (isLost) keep(item)
	}

	function keep(item: ReportedItem): void {
		waiting = [...waiting, item].slice(-waitingMax)
	}

	const start = (item: ReportedItem) => void send(item).catch((error: unknown) => failed('report', error))

	return {
		badSignature: start,
		retry: () => {
			const again = waiting
			waiting = []
			again.forEach(start)
		},
	}
}
