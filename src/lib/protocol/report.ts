/**
 * Signed reports (SPEC RPT). A message report discloses single events with their keys, which open no others; it proves
 * that a device signed these bytes for this page and that they read so, nothing about what stood around them.
 */
import type { Bytes } from './bytes.ts'
import { bytes, encode, fixed, list, struct, text, time8, u32, union, versioned, type Decoded } from './codec.ts'
import { GUID_MAX, ITEM_MAX, REPORT_ITEMS_MAX, REPORT_MAX, REPORT_TEXT_MAX } from './limits.ts'
import { logHead } from './log-entry.ts'
import { aadTags, tagged } from './tags.ts'

const reporter = { server: fixed(32), idHash: fixed(32), device: fixed(16), time: time8, conversation: fixed(16) }

/** An event as it was placed, its author, and the key that opens it alone. */
const disclosedEvent = struct({ guid: text(GUID_MAX), author: fixed(32), item: bytes(ITEM_MAX), eventKey: fixed(32) })
/** A log that the reader of the report needs, at the position that it needs. */
const logNeeded = struct({ subject: fixed(32), head: logHead })

const reportBody = versioned(
	1,
	union('type', {
		/** The post, and the edit that is shown. */
		message: [
			1,
			struct({
				...reporter,
				text: text(REPORT_TEXT_MAX),
				events: list(disclosedEvent, REPORT_ITEMS_MAX),
				logs: list(logNeeded, 2 * REPORT_ITEMS_MAX),
			}),
		],
		/** An item whose signature does not verify: the server then verifies all of that device. */
		badSignature: [2, struct({ ...reporter, guid: text(GUID_MAX), clientId: time8, clock: u32 })],
		/** A back link that does not open to the epoch key it names: the next rotate points past it. */
		badBack: [3, struct({ ...reporter, n: u32 })],
	}),
)
export type ReportBody = Decoded<typeof reportBody>

/** A signed report under a key of its own, which lies in a box for each owner and admin (SPEC RPT6). */
export const sealedReport = struct({ nonce: fixed(12), ct: bytes(REPORT_MAX) })

export function reportAad(conversation: Bytes): Bytes {
	return tagged(aadTags.report, conversation)
}

/** By the reporter's device, purpose report. */
export const signedReport = struct({ body: reportBody, signature: fixed(64) })

export function encodeReportBody(body: ReportBody): Bytes {
	return encode(reportBody, body)
}
