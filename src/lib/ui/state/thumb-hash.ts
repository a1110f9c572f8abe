/**
 * ThumbHash (https://evanw.github.io/thumbhash/): a picture in some 25 bytes, to stand where it will be. Three channels, each as
 * the lowest terms of its cosine transform. Pictures without transparency only: what is transparent lies on white here.
 */
interface Pixels {
	readonly width: number
	readonly height: number
	/** RGBA, row by row. */
	readonly rgba: Uint8ClampedArray | Uint8Array
}

interface Channel {
	readonly dc: number
	readonly ac: readonly number[]
	readonly scale: number
}

/** Terms of a triangle: the fewer across, the more down. */
function* terms(nx: number, ny: number): Iterable<readonly [number, number]> {
	for (let cy = 0; cy < ny; cy++) for (let cx = 0; cx * ny < nx * (ny - cy); cx++) yield [cx, cy]
}

const wave = (length: number, at: number, term: number) => Math.cos((Math.PI / length) * term * (at + 0.5))

function transform(values: Float32Array, { width, height }: Pixels, [nx, ny]: readonly [number, number]): Channel {
	const all = [...terms(nx, ny)].map(([cx, cy]) => {
		let sum = 0
		for (let y = 0; y < height; y++) {
			const down = wave(height, y, cy)
			for (let x = 0; x < width; x++) sum += (values[x + y * width] as number) * wave(width, x, cx) * down
		}
		return sum / (width * height)
	})
	const [dc = 0, ...rest] = all
	const scale = Math.max(0, ...rest.map(Math.abs))
	return { dc, scale, ac: scale === 0 ? rest : rest.map((term) => 0.5 + (0.5 / scale) * term) }
}

const longSide = 7

function sides(width: number, height: number): [number, number] {
	const of = (side: number) => Math.max(1, Math.round((longSide * side) / Math.max(width, height)))
	return [of(width), of(height)]
}

/** At most 100 pixels on a side. */
export function thumbHashOf(pixels: Pixels): Uint8Array<ArrayBuffer> {
	const { width, height, rgba } = pixels
	const [l, p, q] = [0, 1, 2].map(() => new Float32Array(width * height)) as [Float32Array, Float32Array, Float32Array]
	for (let i = 0; i < width * height; i++) {
		const [r, g, b] = [0, 1, 2].map((part) => (rgba[4 * i + part] as number) / 255) as [number, number, number]
		l[i] = (r + g + b) / 3
		p[i] = (r + g) / 2 - b
		q[i] = r - g
	}
	const [lx, ly] = sides(width, height)
	const isWide = width > height
	const channels = [
		transform(l, pixels, [Math.max(3, lx), Math.max(3, ly)]),
		transform(p, pixels, [3, 3]),
		transform(q, pixels, [3, 3]),
	] as const
	const [cl, cp, cq] = channels
	const head =
		Math.round(63 * cl.dc) |
		(Math.round(31.5 + 31.5 * cp.dc) << 6) |
		(Math.round(31.5 + 31.5 * cq.dc) << 12) |
		(Math.round(31 * cl.scale) << 18)
	const second =
		(isWide ? ly : lx) | (Math.round(63 * cp.scale) << 3) | (Math.round(63 * cq.scale) << 9) | (Number(isWide) << 15)
	const nibbles = channels.flatMap(({ ac }) => ac.map((term) => Math.round(15 * term)))
	const out = new Uint8Array(5 + Math.ceil(nibbles.length / 2))
	out.set([head & 255, (head >> 8) & 255, head >> 16, second & 255, second >> 8])
	nibbles.forEach((nibble, i) => (out[5 + (i >> 1)] = (out[5 + (i >> 1)] as number) | (nibble << ((i & 1) << 2))))
	return out
}

/** Null for what is no hash of a picture without transparency. */
export function pixelsOfThumbHash(hash: Uint8Array): Pixels | null {
	if (hash.length < 5) return null
	const at = (i: number) => hash[i] ?? 0
	const head = at(0) | (at(1) << 8) | (at(2) << 16)
	const second = at(3) | (at(4) << 8)
	if (head >> 23 !== 0) return null
	const isWide = second >> 15 === 1
	const short = second & 7
	let next = 0
	const read = (scale: number, nx: number, ny: number) => {
		const [, ...rest] = [...terms(nx, ny)]
		return rest.map(([cx, cy]) => {
			const nibble = (at(5 + (next >> 1)) >> ((next++ & 1) << 2)) & 15
			return { cx, cy, value: (nibble / 7.5 - 1) * scale }
		})
	}
	const [lx, ly] = [Math.max(3, isWide ? longSide : short), Math.max(3, isWide ? short : longSide)]
	const [wide, high] = isWide ? [longSide, Math.max(1, short)] : [Math.max(1, short), longSide]
	const channels = [
		{ dc: (head & 63) / 63, ac: read(((head >> 18) & 31) / 31, lx, ly) },
		{ dc: ((head >> 6) & 63) / 31.5 - 1, ac: read((((second >> 3) & 63) / 63) * 1.25, 3, 3) },
		{ dc: ((head >> 12) & 63) / 31.5 - 1, ac: read((((second >> 9) & 63) / 63) * 1.25, 3, 3) },
	]
	const width = Math.round(wide > high ? 32 : (32 * wide) / high)
	const height = Math.round(wide > high ? (32 * high) / wide : 32)
	const rgba = new Uint8ClampedArray(4 * width * height)
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			const [l, p, q] = channels.map(({ dc, ac }) =>
				ac.reduce((sum, { cx, cy, value }) => sum + 2 * value * wave(width, x, cx) * wave(height, y, cy), dc),
			) as [number, number, number]
			const b = l - (2 / 3) * p
			const r = (3 * l - b + q) / 2
			rgba.set([255 * r, 255 * (r - q), 255 * b, 255], 4 * (x + y * width))
		}
	}
	return { width, height, rgba }
}
