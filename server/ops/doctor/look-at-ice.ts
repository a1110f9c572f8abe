/** The STUN and TURN servers that devices are told of, asked as a browser asks them. */
import { iceUrl, type IceConfig } from '#server/config-ice.ts'
import { turnPassword } from '#server/node-crypto.ts'
import { askIceServer } from './ask-ice.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const about = 'direct'
const iceLimits = {
	/** One that never answers, ms. */
	patience: 5_000,
	/** What the doctor is given holds so long, ms. */
	loginMs: 60_000,
} as const

export async function lookAtIce(
	{ stun, turn }: IceConfig,
	now: number,
	patience: number = iceLimits.patience,
): Promise<Finding[]> {
	if (stun.length === 0 && turn === null)
		return [well(about, 'no STUN or TURN server: devices meet directly within one network')]
	const username = `${Math.ceil((now + iceLimits.loginMs) / 1000)}:doctor`
	const login = turn === null ? null : { username, password: turnPassword(turn.secret)(username) }
	const asked = [...stun, ...(turn?.servers ?? [])].map(async (server): Promise<Finding> => {
		const url = iceUrl(server)
		const isTurn = server.scheme.startsWith('turn')
		const failure = await askIceServer(server, isTurn ? login : null, patience)
		if (failure === null) return well(about, `${url} ${isTurn ? 'relays for us' : 'answers'}`)
		if (failure.startsWith('relays for everybody'))
			return warning(about, `${url} ${failure}`, 'Set use-auth-secret there: else strangers use it too.')
		return problem(
			about,
			`${url}: ${failure}`,
			isTurn
				? 'Look at KITH_ICE_URLS, and whether KITH_TURN_SECRET is the static-auth-secret of that server and both clocks are right.'
				: 'Look at KITH_ICE_URLS: name and port.',
		)
	})
	return Promise.all(asked)
}
