/** Reports to the server and to admins. */
import { oc } from '@orpc/contract'
import * as z from 'zod/mini'
import { none, signature, base64url } from './schemas.ts'

export const reportsContract = {
	/** Only a bad signature (SPEC RPT2) is taken yet. */
	send: oc
		.route({ method: 'POST', path: '/reports', summary: 'A signed report: an item whose signature does not verify' })
		.input(z.object({ report: base64url(1024) }))
		.output(none),
}
