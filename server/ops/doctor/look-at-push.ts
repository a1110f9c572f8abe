/** Whether devices that asked for it can be woken: the push services that they have named are asked, and no other. */
import type { Config } from '#server/config.ts'
import { askPushService } from '#server/push/web-push.ts'
import { problem, warning, well, type Finding } from './finding.ts'

const about = 'notifications'
/** Of them; most servers know three. */
const servicesMax = 8

export async function lookAtPush(
	{ origin, tls, pushServices }: Pick<Config, 'origin' | 'tls' | 'pushServices'>,
	endpoints: readonly string[],
): Promise<Finding> {
	const isSecure = tls !== null || origin?.startsWith('https:') === true
	if (endpoints.length === 0 && !isSecure)
		return well(about, 'none yet: browsers subscribe where KITH_ORIGIN has HTTPS')
	const named = endpoints.filter((endpoint) => URL.canParse(endpoint)).map((endpoint) => new URL(endpoint).origin)
	const services = [...new Set(named)].slice(0, servicesMax)
	const answers = await Promise.all(services.map((service) => askPushService(service, new Set(pushServices))))
	const silent = services.flatMap((service, i) =>
		answers[i] === null ? [] : [`${new URL(service).host} (${answers[i]})`],
	)
	const is = `${endpoints.length} devices are woken through ${services.length} push services`
	if (silent.length === 0) return well(about, is)
	const todo = 'Let this machine out by HTTPS to them; one of your own network goes into KITH_PUSH_SERVICES.'
	const finding = silent.length === services.length ? problem : warning
	return finding(about, `${is}; no answer from ${silent.join(', ')}`, todo)
}
