import { describe, expect, it } from 'vitest'
import { callerIp } from '#server/http/origin.ts'

describe('the address that limits count', () => {
	it('is the peer’s, whatever it says of others', () => {
		expect(callerIp('203.0.113.1', '198.51.100.1', 0)).toBe('203.0.113.1')
		expect(callerIp('::ffff:203.0.113.1', null, 0)).toBe('203.0.113.1')
	})

	it('is what our own proxies appended', () => {
		expect(callerIp('10.0.0.1', '198.51.100.9, 203.0.113.1', 1)).toBe('203.0.113.1')
		expect(callerIp('10.0.0.1', '198.51.100.9, 203.0.113.1, 10.0.0.2', 2)).toBe('203.0.113.1')
	})

	it('is the nearest to it where fewer proxies spoke than were promised', () => {
		expect(callerIp('10.0.0.1', null, 1)).toBe('10.0.0.1')
		expect(callerIp('10.0.0.1', '203.0.113.1', 3)).toBe('203.0.113.1')
	})

	it('is the network of 64 bits for IPv6: whoever has one address has all of it', () => {
		expect(callerIp('2001:db8:1:2:3:4:5:6', null, 0)).toBe('2001:db8:1:2')
		expect(callerIp('2001:db8:1:2::6', null, 0)).toBe('2001:db8:1:2')
		expect(callerIp('2001:db8::1', null, 0)).toBe('2001:db8:0:0')
		expect(callerIp('::1', null, 0)).toBe('0:0:0:0')
	})
})
