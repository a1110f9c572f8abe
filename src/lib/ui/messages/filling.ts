/** How much of what was written has come, and from where: 412 of 1,930 messages · 300 from Firefox on Linux. */
import type { FillingView } from '../state/views.ts'
import { m } from './catalogue.ts'
import { deviceName } from './devices.ts'

/** `locale` as in times.ts. */
export function fillingWords({ done, total, from }: FillingView, locale?: string): string {
	const words = (count: number) => new Intl.NumberFormat(locale).format(count)
	const parts = from.map((one) => m.filling_from({ count: words(one.messages), device: deviceName(one) }))
	return [m.filling_messages({ done: words(done), total: words(total) }), ...parts].join(' · ')
}
