import { expect, test } from 'vitest'
import { createAddresses, type AddressLimits } from '#server/sync/addresses.ts'
import { addressLimits } from '#server/sync/limits.ts'

const limits: AddressLimits = { sockets: 4, strangers: 2, attempts: { perSecond: 1, burst: 10 } }
let now = 0
const addresses = (change: Partial<AddressLimits> = {}) => createAddresses({ ...limits, ...change }, () => now)

test('strangers of one address are bounded, and who proves himself is none', () => {
	const { knock } = addresses()
	const [one, two] = [knock('a'), knock('a')]
	expect(knock('a')).toBeNull()
	expect(knock('b')).not.toBeNull()
	one?.proven()
	const three = knock('a')
	expect(three).not.toBeNull()
	two?.gone()
	three?.proven()
	knock('a')?.proven()
	knock('a')?.proven()
	expect(knock('a')).toBeNull()
	one?.gone()
	expect(knock('a')).not.toBeNull()
})

test('attempts without a proof run out and come back with time; proven ones cost nothing', () => {
	const { knock } = addresses()
	for (let i = 0; i < 100; i++) {
		const visit = knock('a')
		visit?.proven()
		visit?.gone()
	}
	for (let i = 0; i < 10; i++) knock('a')?.gone()
	expect(knock('a')).toBeNull()
	now += 1000
	expect(knock('a')).not.toBeNull()
	expect(knock('a')).toBeNull()
})

test('an end or a proof that is told twice counts once', () => {
	const { knock } = addresses()
	const one = knock('a')
	one?.proven()
	one?.proven()
	one?.gone()
	one?.gone()
	const more = [knock('a'), knock('a')]
	expect(more.includes(null)).toBe(false)
	expect(knock('a')).toBeNull()
	more[0]?.gone()
	more[0]?.proven()
	expect(knock('a')).not.toBeNull()
	expect(knock('a')).toBeNull()
})

test('the real bounds: so many sockets of one address that have proven themselves, so many that have not, and no more', () => {
	const { knock } = createAddresses(addressLimits, () => now)
	for (let i = 0; i < addressLimits.sockets; i++) knock('a')?.proven()
	expect(knock('a')).toBeNull()
	for (let i = 0; i < addressLimits.strangers; i++) expect(knock('b')).not.toBeNull()
	expect(knock('b')).toBeNull()
	const { burst, perSecond } = addressLimits.attempts
	for (let i = 0; i < burst; i++) knock('c')?.gone()
	expect(knock('c')).toBeNull()
	now += 1000
	for (let i = 0; i < perSecond; i++) knock('c')?.gone()
	expect(knock('c')).toBeNull()
})
