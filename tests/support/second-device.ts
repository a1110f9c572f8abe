/** Another device of an account, signed in by its password. */
import { must } from './watching.ts'
import { onlineUntil, type NodeDevice, type Person, type World } from './world.ts'

export async function phoneOf(
	{ world }: { readonly world: World },
	{ name, password }: Person,
	suffix = 'phone',
): Promise<NodeDevice> {
	const phone = await world.device(`${name}-${suffix}`)
	must(await phone.api.signIn({ name, password }))
	await onlineUntil(phone)
	return phone
}
