/** Sizes in words: 12 MB. `locale` as in times.ts. */
const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export function byteWords(bytes: number, locale?: string): string {
	let value = bytes
	let unit = 0
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000
		unit++
	}
	const maximumFractionDigits = value < 10 && unit > 0 ? 1 : 0
	const options = { style: 'unit', unit: units[unit] ?? 'byte', unitDisplay: 'short', maximumFractionDigits } as const
	return new Intl.NumberFormat(locale, options).format(value)
}

/** 0 to 1 as 0 % to 100 %. */
export function percentWords(part: number, locale?: string): string {
	return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(part)
}
