/** WCAG 2 contrast of OKLCH colours, as browsers show them: clipped to sRGB. */

/** The custom properties of one rule of a sheet; colours as "L C H", without what wraps them. */
export function tokensOf(css: string, selector: string): Record<string, string> {
	const rule = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
	const found = [...rule.matchAll(/--([a-z-]+):\s*(?:oklch\()?([\d.]+ [\d.]+(?: [\d.]+)?)\)?;/g)]
	return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]))
}

/** Linear sRGB. */
export type Rgb = readonly [number, number, number]

/** What a colour is where it lies thinly over another: browsers mix what is gamma-encoded. */
export function laidOver(colour: string, alpha: number, ground: string): Rgb {
	const [above, below] = [linearRgb(colour), linearRgb(ground)]
	const mix = (i: 0 | 1 | 2) => decoded(alpha * encoded(above[i]) + (1 - alpha) * encoded(below[i]))
	return [mix(0), mix(1), mix(2)]
}

const encoded = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
const decoded = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

/** 1 to 21. */
export function contrast(one: string | Rgb, other: string | Rgb): number {
	const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
	return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string | Rgb): number {
	const [red, green, blue] = typeof colour === 'string' ? linearRgb(colour) : colour
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Oklab to linear sRGB (Björn Ottosson, "A perceptual color space", 2020). */
function linearRgb(colour: string): Rgb {
	const [lightness = 0, chroma = 0, hue = 0] = colour.split(' ').map(Number)
	const a = chroma * Math.cos((hue * Math.PI) / 180)
	const b = chroma * Math.sin((hue * Math.PI) / 180)
	const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
	const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
	const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
	const clip = (value: number) => Math.min(1, Math.max(0, value))
	return [
		clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
		clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
		clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
	]
}
