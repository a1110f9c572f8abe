import { test } from 'vitest'
import { conformanceStory } from '../support/conformance.ts'
import { world } from '../support/story.ts'

test('the headless client passes the story of all clients', async () => {
	const { server, device } = await world()
	const setupToken = (await server.setupToken()) ?? ''
	const parts: string[] = []
	await conformanceStory({ device, setupToken, part: (name) => void parts.push(name) }).catch((error: Error) => {
		throw new Error(`A client that conforms ${parts.at(-1)}: ${error.message}`, { cause: error })
	})
})
