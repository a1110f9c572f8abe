/**
 * What JSON of the other side must look like, and what is read of it. A few lines instead of a library of schemas: both sides
 * read every message of the hub, and a phone loads these before it shows the first one.
 *
 * A shape answers with the value that it read, or with undefined, which JSON does not have. Members that a shape does not name
 * are left out, or refused by `strict`.
 */
export type Shape<T> = (value: unknown) => T | undefined
export type Read<S> = S extends Shape<infer T> ? T : never

type Fields = Readonly<Record<string, Shape<unknown>>>
type Flat<T> = { [K in keyof T]: T[K] }
type Members<F extends Fields, O extends Fields> = Flat<
	{ [K in keyof F]: Read<F[K]> } & { [K in keyof O]?: Read<O[K]> }
>

export const boolean: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : undefined)

/** At most so many UTF-16 units. */
export const text =
	(max: number): Shape<string> =>
	(value) =>
		typeof value === 'string' && value.length <= max ? value : undefined

/** Canonical base64url is for whoever decodes it; here are its letters, for at most so many bytes. */
export const base64url = (maxBytes: number): Shape<string> => {
	const short = text(Math.ceil((maxBytes * 4) / 3))
	return (value) => {
		const read = short(value)
		return read !== undefined && /^[A-Za-z0-9_-]*$/.test(read) ? read : undefined
	}
}

/** From 0 to 2^53 − 1. */
export const count: Shape<number> = (value) =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

export const oneOf =
	<const T extends string | number>(...allowed: readonly T[]): Shape<T> =>
	(value) =>
		allowed.find((one) => one === value)

export const nullable =
	<T>(shape: Shape<T>): Shape<T | null> =>
	(value) =>
		value === null ? null : shape(value)

/** At most so many. */
export const list =
	<T>(shape: Shape<T>, max = Infinity): Shape<T[]> =>
	(value) => {
		if (!Array.isArray(value) || value.length > max) return undefined
		const read = value.map(shape)
		return read.includes(undefined) ? undefined : (read as T[])
	}

type JsonObject = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `optional`: members that may be missing. */
export function object<F extends Fields, O extends Fields = Record<never, never>>(
	fields: F,
	optional?: O,
): Shape<Members<F, O>> {
	const required = Object.entries(fields)
	const others = Object.entries(optional ?? {})
	return (value) => {
		if (!isObject(value)) return undefined
		const read: Record<string, unknown> = {}
		for (const [name, shape] of required) read[name] = Object.hasOwn(value, name) ? shape(value[name]) : undefined
		for (const [name, shape] of others) if (Object.hasOwn(value, name)) read[name] = shape(value[name])
		return Object.values(read).includes(undefined) ? undefined : (read as Members<F, O>)
	}
}

/** Members that are not named are refused. */
export function strict<F extends Fields>(fields: F): Shape<Members<F, Record<never, never>>> {
	const shape = object(fields)
	return (value) =>
		isObject(value) && Object.keys(value).every((name) => Object.hasOwn(fields, name)) ? shape(value) : undefined
}

type Tagged<Tag extends string, S extends Fields> = {
	[K in keyof S & string]: Flat<{ [T in Tag]: K } & Read<S[K]>>
}[keyof S & string]

/** One of several objects: the member `tag` says which. */
export function tagged<Tag extends string, S extends Fields>(tag: Tag, shapes: S): Shape<Tagged<Tag, S>> {
	return (value) => {
		if (!isObject(value)) return undefined
		const { [tag]: name, ...rest } = value
		const shape = typeof name === 'string' && Object.hasOwn(shapes, name) ? shapes[name] : undefined
		const read = shape?.(rest)
		return read === undefined ? undefined : ({ [tag]: name, ...(read as object) } as Tagged<Tag, S>)
	}
}
