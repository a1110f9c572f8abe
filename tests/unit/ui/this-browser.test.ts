import { describe, expect, test } from 'vitest'
import { deviceLabel } from '#ui/state/device-label.ts'
import { Preferences } from '#ui/state/preferences.svelte.ts'

describe('the label of a browser', () => {
	const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
	test.each([
		[`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/150.0.0.0 Safari/537.36`, 'Chrome', 'Linux'],
		[`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0`, 'Edge', 'Windows'],
		['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'macOS'],
		[`Mozilla/5.0 (Linux; Android 16) ${webkit} Chrome/150.0.0.0 Mobile Safari/537.36`, 'Chrome', 'Android'],
		[
			'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1',
			...(['Safari', 'iPhone'] as const),
		],
	])('%s', (userAgent, browser, system) => {
		expect(deviceLabel(userAgent)).toEqual({ browser, system })
	})

	test('of one that says nothing is none', () => {
		expect(deviceLabel('curl/8.0')).toBeNull()
	})
})

describe('preferences', () => {
	const shelf = () => {
		const kept = new Map<string, string>()
		return {
			kept,
			getItem: (key: string) => kept.get(key) ?? null,
			setItem: (key: string, value: string) => void kept.set(key, value),
		}
	}

	test('begin as most people want them', () => {
		const { singleKeys, enterSends, textSize } = new Preferences(shelf())
		expect({ singleKeys, enterSends, textSize }).toEqual({ singleKeys: true, enterSends: true, textSize: 'normal' })
	})

	test('are there again after a reload, and what is no size is none', () => {
		const store = shelf()
		const first = new Preferences(store)
		first.enterSends = false
		first.textSize = 'larger'
		first.singleKeys = false
		const { singleKeys, enterSends, textSize } = new Preferences(store)
		expect({ singleKeys, enterSends, textSize }).toEqual({ singleKeys: false, enterSends: false, textSize: 'larger' })
		store.kept.set('kith.text-size', 'enormous')
		expect(new Preferences(store).textSize).toBe('normal')
	})
})
