import { describe, expect, test } from 'vitest'
import {
	base64url,
	boolean,
	count,
	list,
	nullable,
	object,
	oneOf,
	strict,
	tagged,
	text,
} from '#protocol/json-shapes.ts'
import { hubFromClient, hubFromServer } from '#protocol/hub.ts'

describe('what is not of its shape is read as nothing', () => {
	const one = object({ a: count }, { b: text(3) })
	test.each([
		['a text', text(3), 'four'],
		['a text that is a number', text(3), 1],
		['a text that is a String', text(3), new String('a')],
		['bytes of other letters', base64url(4), 'a+b/'],
		['bytes that are too many', base64url(3), 'AAAAA'],
		['bytes with a line after them', base64url(30), 'AAAA\n'],
		['a fraction', count, 0.5],
		['a negative number', count, -1],
		['a number beyond 2^53', count, 2 ** 53],
		['no number', count, NaN],
		['a number as text', count, '1'],
		['a switch that is 1', boolean, 1],
		['one of none', oneOf('a', 'b'), 'c'],
		['a list that is none', list(count), { length: 0 }],
		['a list with one that is wrong', list(count), [1, 'a']],
		['a list with a hole', list(count), [1, , 2]], // eslint-disable-line no-sparse-arrays
		['null', count, null],
		['an object that is null', one, null],
		['an object that is a list', one, [1]],
		['an object without a member', one, {}],
		['an object whose member is inherited', one, Object.create({ a: 1 })],
		['an optional member that is wrong', one, { a: 1, b: 'four' }],
		['a member too many, where none is allowed', strict({ a: count }), { a: 1, x: 1 }],
	])('%s', (_what, shape, value) => {
		expect((shape as (value: unknown) => unknown)(value)).toBe(undefined)
	})
})

test('members that are not named are left out, also those that JSON can smuggle', () => {
	const read = object({ a: count }, { b: nullable(count) })(JSON.parse('{"a":1,"b":null,"c":2,"__proto__":{"d":3}}'))
	expect(read).toEqual({ a: 1, b: null })
	expect(Object.keys(read ?? {})).toEqual(['a', 'b'])
	expect((read as { d?: unknown }).d).toBe(undefined)
})

test('one of several is chosen by its own tags alone', () => {
	const shape = tagged('t', { a: object({ n: count }), b: strict({}) })
	expect(shape({ t: 'a', n: 1, x: 2 })).toEqual({ t: 'a', n: 1 })
	expect(shape({ t: 'b' })).toEqual({ t: 'b' })
	for (const t of ['c', 'toString', '__proto__', 'constructor', 1, null, undefined, ['a']])
		expect(shape({ t, n: 1 })).toBe(undefined)
	expect(shape({ t: 'b', n: 1 })).toBe(undefined)
	expect(shape('a')).toBe(undefined)
})

test('[WIRE3] a message of the hub is read by its shape, or not at all', () => {
	const guid = 'c/AAAAAAAAAAAAAAAAAAAAAA/0'
	expect(hubFromClient({ t: 'open', guid })).toEqual({ t: 'open', guid })
	expect(hubFromClient({ t: 'open', guid: 'x'.repeat(65) })).toBe(undefined)
	expect(hubFromClient({ t: 'hello', v: 2, clientNonce: 'A'.repeat(43) })).toBe(undefined)
	expect(hubFromClient({ t: 'presence', away: true, more: 1 })).toBe(undefined)
	const refused = { verdict: 'refuse', guid, clientId: 1, clock: 0, code: 'malformed' }
	expect(hubFromServer({ t: 'acks', acks: [refused] })).toEqual({ t: 'acks', acks: [refused] })
	expect(hubFromServer({ t: 'acks', acks: [{ ...refused, code: 'constructor' }] })).toBe(undefined)
	expect(hubFromServer({ t: 'closed', guid })).toEqual({ t: 'closed', guid })
	expect(hubFromServer({ t: 'closed', guid, code: 'nonsense' })).toBe(undefined)
})
