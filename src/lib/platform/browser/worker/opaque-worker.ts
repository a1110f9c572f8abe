/** Worker entry: OPAQUE and nothing else. Its name makes the file `opaque-worker-*.js`, whose response allows WASM. */
import { createOpaqueClient } from '#crypto/opaque-client.ts'
import { opaqueChannel } from '../opaque-worker-client.ts'
import { apiToTarget, serveRpc } from '../rpc.ts'
import { endToWire, type MessageEnd } from '../wire.ts'

// Listening begins before the WASM is compiled: what comes meanwhile waits for it.
const target = createOpaqueClient().then(apiToTarget)
serveRpc(endToWire(self as MessageEnd, opaqueChannel), {
	call: async (method, input) => (await target).call(method, input),
	watch: () => () => undefined,
})
