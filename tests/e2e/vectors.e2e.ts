/** Node, Chromium and the fallback give one verdict: the vectors that Node runs in tests/vectors, in a real page. */
import { expect, test } from '@playwright/test'
import type { CryptoVectors } from '#tests/support/crypto-vectors.ts'
import type { Ed25519Vector } from '#tests/support/ed25519-vectors.ts'
import { readVectors } from '#tests/support/json-vectors.ts'
import { servePage, type ServedPage } from './platform-page/serve.ts'

let served: ServedPage
test.beforeAll(async () => {
	served = await servePage()
})
test.afterAll(() => served.stop())

for (const [webCryptoEd25519, by] of [
	['auto', 'webcrypto'],
	['off', 'points'],
] as const) {
	test(`[SIG3] every vector gets its frozen verdict in Chromium by ${by}`, async ({ page }) => {
		await page.goto(served.url)
		const input = {
			webCryptoEd25519,
			ed25519: readVectors<readonly Ed25519Vector[]>('ed25519'),
			crypto: readVectors<CryptoVectors>('crypto'),
		}
		expect(input.ed25519.length).toBeGreaterThan(100)
		const result = await page.evaluate((vectors) => window.pageUnderTest.vectors(vectors), input)
		expect(result).toEqual({ by, wrong: [] })
	})
}
