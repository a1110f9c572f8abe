import { describe, expect, it } from 'vitest'
import { createLog } from '#server/ops/log.ts'
import type { LogFields } from '#server/domain/log.ts'

function logged(fields: LogFields): { text: string; line: Record<string, unknown> } {
	let text = ''
	createLog('debug', { write: (chunk) => (text += chunk) }).info('event', fields)
	return { text, line: JSON.parse(text) as Record<string, unknown> }
}

describe('the log', () => {
	it('writes ids as short hashes', () => {
		const id = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE'
		const { text, line } = logged({ account: id, conversation: id, session: id })
		expect(text).not.toContain(id)
		expect(line['account']).toMatch(/^[0-9a-f]{8}$/)
		expect(line['conversation']).toBe(line['account'])
	})

	it('drops every field that is not on its list', () => {
		const fields = { code: 'malformed', password: 'hunter2', body: { text: 'hello' } } as LogFields
		const { text, line } = logged(fields)
		expect(line['code']).toBe('malformed')
		expect(text).not.toMatch(/hunter2|hello/)
	})

	it('says of an error its class and where it came from, and never its message', () => {
		const { text, line } = logged({ error: new TypeError('could not parse "secret text"\n    at secret line two') })
		expect(text).not.toContain('could not parse')
		expect(text).not.toContain('secret')
		expect(line['error']).toMatchObject({ name: 'TypeError', stack: expect.stringContaining('log.test.ts') })
	})
})
