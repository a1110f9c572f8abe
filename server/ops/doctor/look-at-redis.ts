/** The Redis between several servers, where there is one. */
import { redisVersion } from '#server/cluster/redis-version.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const about = 'redis'
/** Of the commands that rate limits need. */
const oldest = [6, 2] as const

/** `url` null: one server, which needs none. */
export async function lookAtRedis(url: string | null): Promise<Finding[]> {
	if (url === null) return []
	const version = await redisVersion(url).catch(() => null)
	if (version !== null) return [aboutVersion(version)]
	const todo = 'Start it, or mend REDIS_URL: meanwhile people on one server do not hear at once of those on another.'
	return [problem(about, 'does not answer, or does not let us in', todo)]
}

function aboutVersion(version: string): Finding {
	const [major = 0, minor = 0] = version.split('.').map(Number)
	if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return well(about, `${version} answers`)
	return warning(about, `${version} is older than ${oldest.join('.')}`, 'Take a newer one.')
}
