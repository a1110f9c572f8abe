import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldEmailAddress } from '#protocol/email-address.ts'

describe('[EML1] an address', () => {
	it.each([
		['bob@example.org', 'bob@example.org'],
		['  Bob.O’Neil'.replace('’', "'") + '+kith@Mail.Example.ORG\n', "bob.o'neil+kith@mail.example.org"],
		['root@localhost', 'root@localhost'],
		[`${'a'.repeat(64)}@b.c`, `${'a'.repeat(64)}@b.c`],
	])('is taken: %j', (input, address) => expect(foldEmailAddress(input)).toBe(address))

	it.each([
		...['', '@', 'bob', 'bob@', '@example.org', 'bob@@example.org', 'a@b@example.org', '.bob@example.org'],
		...['bob.@example.org', 'b..ob@example.org', 'bob@-example.org', 'bob@example-.org', 'bob@example..org'],
		...['bob@example.org.', 'bob @example.org', 'bob@exa mple.org', '"bob"@example.org', 'bob@[127.0.0.1]'],
		...['bob@example.org,all@example.org', 'bob@example.org;', '<bob@example.org>', 'bob(x)@example.org'],
		...['bob@example.org\r\nBcc: x', 'bo\tb@example.org', 'bob@exämple.org', `${'a'.repeat(65)}@b.c`],
		...[`a@${'b'.repeat(64)}.org`, `a@${'b.'.repeat(126)}org`],
	])('is none: %j', (input) => expect(foldEmailAddress(input)).toBeNull())

	it('has one spelling, which holds nothing that ends a line, a header or a recipient', () => {
		const near = fc.string({ unit: fc.constantFrom(...'abZ09.@-_+"<>,;:()\\ \r\n\t\0ü') })
		const kept = fc.oneof(near, fc.emailAddress(), fc.string())
		let found = 0
		fc.assert(
			fc.property(kept, (input) => {
				const address = foldEmailAddress(input)
				if (address === null) return
				found++
				expect(foldEmailAddress(address)).toBe(address)
				expect(address).toMatch(/^[!-~]+$/)
				expect(address).not.toMatch(/[\s",:;<>()[\]\\A-Z]/)
				expect(address.split('@')).toHaveLength(2)
			}),
			{ numRuns: 2000 },
		)
		expect(found).toBeGreaterThan(50)
	})
})
