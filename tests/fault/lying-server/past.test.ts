/** A server that shows a device the past, well signed as it once was: a device takes nothing back that it has seen. */
import { expect, onTestFinished, test } from 'vitest'
import type { Bytes } from '#protocol/bytes.ts'
import { liedTo, type LiedTo } from '#tests/support/fault/lied-to.ts'
import { Mallory } from '#tests/support/fault/mallory.ts'
import { toBytes, toText } from '#tests/support/http-person.ts'
import { must, now, refusal, until } from '#tests/support/watching.ts'
import { inviteFrom } from '#tests/support/world.ts'

interface Bundle {
	readonly log: { readonly from: number; readonly entries: readonly string[]; readonly head: string }
	readonly vault: string
}

const patience = { timeout: 120_000 }
/** Close code. */
const sessionEnded = 4421

async function story(): Promise<LiedTo> {
	const told = await liedTo()
	onTestFinished(() => told.close())
	return told
}

/** What the server gives to Bob when he signs in on another device, as it is then. */
async function bundleOf({ newDevice, bob }: LiedTo): Promise<Bundle> {
	let bundle: Bundle | null = null
	const { api } = await newDevice({
		http: (path, answer) => {
			if (path === '/auth/login/finish') bundle = (answer as { bundle: Bundle }).bundle
			return answer
		},
	})
	must(await api.signIn({ name: 'bob', password: bob.password }))
	await api.close()
	return bundle as unknown as Bundle
}

/** Bob's device has seen the log grow by one more device. */
async function logGrows(told: LiedTo): Promise<void> {
	await bundleOf(told)
	await until(told.bob.api, { view: 'devices', of: null, is: ({ length }) => length === 3 })
}

/** Bob's device has put somebody new into the vault. */
async function vaultGrows(told: LiedTo, old: Bundle): Promise<void> {
	const { bob, world, alice } = told
	const dave = await Mallory.signUp(world.server, 'dave', await inviteFrom(alice))
	must(await bob.api.requestFriend({ name: 'dave' }))
	await dave.accepts(bob.account)
	const newest = () => world.server.domain.unitOfWork.transaction(({ vaults }) => vaults.newest(toBytes(bob.account)))
	await expect.poll(async () => toText((await newest())?.vault as Bytes)).not.toBe(old.vault)
	// It waits for the end of what the list of friends has begun: the new vault is kept.
	await bob.api.declineFriend({ account: dave.person.id })
}

const parts = {
	vault: { grows: vaultGrows, past: ({ vault }: Bundle) => ({ vault }) },
	'account-log': { grows: logGrows, past: ({ log }: Bundle) => ({ log }) },
}

for (const [what, { grows, past }] of Object.entries(parts)) {
	test(`[VLT6][L2] to a device that signs in again, an older ${what} of the account`, patience, async () => {
		const told = await story()
		const { line, bob } = told
		const old = await bundleOf(told)
		await grows(told, old)
		line.cut(sessionEnded)
		await until(bob.api, { view: 'session', of: null, is: ({ type }) => type === 'signed-out' })
		line.lie({
			http: (path, answer) =>
				path === '/auth/login/finish'
					? { ...(answer as object), bundle: { ...(answer as { bundle: Bundle }).bundle, ...past(old) } }
					: answer,
		})
		const refused = refusal(await bob.api.signIn({ name: 'bob', password: bob.password }))
		expect(refused).toEqual({ type: 'not-verified', what })
		expect((await now(bob.api, 'session', null)).type).toBe('signed-out')
		line.lie({})
		must(await bob.api.signIn({ name: 'bob', password: bob.password }))
		await told.afterwards()
	})
}
