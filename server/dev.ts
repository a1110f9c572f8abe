/** `npm run dev`: the real instance beside Vite, on Vite's port. The plugin in vite.config.ts calls this. */
import type { ViteDevServer } from 'vite'
import { readProcessConfig } from './config.ts'
import { createInstance, instanceSymbol } from './create-instance.ts'
import { isServedHere } from './http/request-listener.ts'
import { setSecurityHeaders } from './http/security-headers.ts'
import { createLog } from './ops/log.ts'

export async function mountDev(vite: ViteDevServer): Promise<void> {
	const config = readProcessConfig()
	if (!config.ok) throw new Error(config.error.sentence)
	const instance = await createInstance({ config: config.value, log: createLog(config.value.log) })
	;(globalThis as Record<symbol, unknown>)[instanceSymbol] = instance
	vite.middlewares.use((request, response, next) => {
		const path = (request.url ?? '/').split('?', 1)[0] as string
		setSecurityHeaders(response, { path, isHttps: false })
		// Vite's own scripts need more than the policy of a built one.
		if (!path.startsWith('/api/') && !isServedHere(path)) response.removeHeader('content-security-policy')
		if (isServedHere(path)) instance.listener(request, response)
		else next()
	})
	vite.httpServer?.on('upgrade', (request, socket, head) => {
		// Vite's own socket, for reloading, has its own protocol name.
		if (request.headers['sec-websocket-protocol']?.startsWith('vite')) return
		instance.upgrade(request, socket, head)
	})
	vite.httpServer?.once('listening', () => void announce())
	vite.httpServer?.once('close', () => void instance.closeSockets().then(instance.stop))

	const announce = async () => {
		const token = await instance.domain.accounts.drawSetupToken()
		const origin = vite.resolvedUrls?.local[0] ?? 'http://localhost:3000/'
		if (token !== null) console.log(`Set up the first account here, once: ${origin}setup#${token}`)
	}
}
