/** A server on a folder of its own, and Alice's browser: where stories about the app begin. Several may follow each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { openProfile, type Profile } from './profile.ts'

export interface Home {
	/** The one that runs now. */
	readonly server: ServerProcess
	readonly alice: Profile
	/** The folder of the server. */
	readonly data: string
	/** Once it is down: another one on its data and port. */
	startAgain(): Promise<void>
	close(): Promise<void>
}

/** `root`: of the release that is served, where it is not this project. `env`: of the server. */
export async function atHome(root?: string, env: Readonly<Record<string, string>> = {}): Promise<Home> {
	const data = await mkdtemp(join(tmpdir(), 'kith-home-'))
	const served = { data, env, ...(root === undefined ? {} : { root }) }
	let server = await startServerProcess(served)
	const { port } = server
	const alice = await openProfile({ port })
	return {
		get server() {
			return server
		},
		alice,
		data,
		startAgain: async () => {
			server = await startServerProcess({ ...served, port })
		},
		close: async () => {
			await alice.close()
			await server.stop()
			await rm(data, { recursive: true, force: true })
		},
	}
}
