/**
 * Requests that break the contract, made from the contract: for every endpoint a request that fits, and beside it as many that do
 * not as its schema has fields to spoil. Whoever adds an endpoint need not think of them.
 */
import { contract } from '#protocol/http/contract.ts'
import { routes, type Route } from '#protocol/http/routes.ts'
import * as z from 'zod/mini'

/** What stands of a JSON schema in the contract. */
interface Schema {
	readonly type?: string
	readonly const?: unknown
	readonly enum?: readonly unknown[]
	readonly anyOf?: readonly Schema[]
	readonly oneOf?: readonly Schema[]
	readonly properties?: Readonly<Record<string, Schema>>
	readonly required?: readonly string[]
	readonly items?: Schema
	readonly maxLength?: number
	readonly maxItems?: number
	readonly minimum?: number
	readonly maximum?: number
	readonly pattern?: string
}

/** A request that fits, as tests/support/endpoint-roles.ts has one for each endpoint. */
export interface FittingRequest {
	readonly input: Readonly<Record<string, unknown>>
	readonly headers?: Readonly<Record<string, string>>
	/** The body is bytes and no JSON. */
	readonly bytes?: true
}

export interface BadRequest {
	/** As `rooms.list`. */
	readonly endpoint: string
	readonly method: string
	/** Under /api/v1, as it goes over the wire. */
	readonly path: string
	/** What is wrong with it. */
	readonly wrong: string
	readonly headers: Readonly<Record<string, string>>
	readonly body: string | Uint8Array | undefined
	/** `malformed`: this code and no other. `refused`: some code. `survived`: whatever, but no failure. */
	readonly wants: 'malformed' | 'refused' | 'survived'
}

type Spoiled = Pick<BadRequest, 'wrong' | 'wants'> & { readonly value: unknown }

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

const kindsOf = (schema: Schema): ReadonlySet<string> => {
	const branches = schema.anyOf ?? schema.oneOf
	if (branches !== undefined) return new Set(branches.flatMap((branch) => [...kindsOf(branch)]))
	if (schema.const !== undefined || schema.enum !== undefined) return new Set(['string'])
	return new Set(schema.type === undefined ? [] : [schema.type === 'integer' ? 'number' : schema.type])
}

const examples: Readonly<Record<string, unknown>> = {
	string: 'text',
	number: 7,
	boolean: false,
	null: null,
	object: { no: 'such field' },
	array: [[]],
}

/** Values of every type but those that fit. */
function ofOtherTypes(schema: Schema): Spoiled[] {
	const fitting = kindsOf(schema)
	return Object.entries(examples)
		.filter(([type]) => !fitting.has(type))
		.map(([type, value]) => ({ wrong: `is ${type}`, value, wants: 'malformed' }))
}

function beyondBounds(schema: Schema, value: unknown): Spoiled[] {
	const spoiled: Spoiled[] = []
	const add = (wrong: string, bad: unknown, wants: BadRequest['wants'] = 'malformed') =>
		spoiled.push({ wrong, value: bad, wants })
	if (schema.enum !== undefined || schema.const !== undefined) add('is none of these', 'nobody-says-this')
	else if (schema.type === 'string') {
		if (schema.maxLength !== undefined) add('is too long', 'A'.repeat(schema.maxLength + 1), 'refused')
		if (schema.pattern !== undefined) add('has characters that no bytes have', `${'A'.repeat(4)}+/=é`)
		else add('has characters of no text', '\u0000\ud800\u202e', 'survived')
		add('is the name of a prototype', '__proto__', 'survived')
		add('would be SQL', "' OR 1=1 --", 'survived')
		add('is empty', '', 'survived')
	} else if (schema.type === 'integer') {
		for (const bad of [-1, 1.5, 1e300, 2 ** 53]) add(`is ${bad}`, bad)
		add('is as large as can be', Number.MAX_SAFE_INTEGER, 'survived')
	} else if (schema.type === 'array' && schema.maxItems !== undefined) {
		const [one] = Array.isArray(value) && value.length > 0 ? value : [sampleOf(schema.items ?? {})]
		add('has too many', new Array<unknown>(schema.maxItems + 1).fill(one), 'refused')
	}
	return spoiled
}

function sampleOf(schema: Schema): unknown {
	if (schema.const !== undefined) return schema.const
	if (schema.enum !== undefined) return schema.enum[0]
	const [first] = schema.anyOf ?? schema.oneOf ?? []
	if (first !== undefined) return sampleOf(first)
	switch (schema.type) {
		case 'object':
			return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, sampleOf(one)]))
		case 'array':
			return []
		case 'boolean':
			return true
		case 'integer':
		case 'number':
			return 1
		case 'null':
			return null
		default:
			return 'AAAA'
	}
}

/** The value with one thing wrong, each thing once: of itself, of its fields, of what its lists hold. */
function spoil(schema: Schema, value: unknown): Spoiled[] {
	const own = [...ofOtherTypes(schema), ...beyondBounds(schema, value)]
	if (schema.type === 'object') return [...own, ...spoilFields(schema, (value ?? {}) as Record<string, unknown>)]
	if (schema.type !== 'array' || schema.items === undefined) return own
	const inside = spoil(schema.items, sampleOf(schema.items))
	return [
		...own,
		...inside.map(({ wrong, value: bad, wants }) => ({ wrong: `holds one that ${wrong}`, value: [bad], wants })),
	]
}

function spoilFields({ properties = {}, required = [] }: Schema, value: Readonly<Record<string, unknown>>): Spoiled[] {
	return Object.entries(properties).flatMap(([name, field]) => {
		const { [name]: _, ...without } = value
		const missing: Spoiled[] = required.includes(name)
			? [{ wrong: `has no ${name}`, value: without, wants: 'malformed' }]
			: []
		const spoiled = spoil(field, value[name] ?? sampleOf(field)).map(({ wrong, value: bad, wants }) => ({
			wrong: `${name} ${wrong}`,
			value: { ...value, [name]: bad },
			wants,
		}))
		return [...missing, ...spoiled]
	})
}

/** What no schema says: bodies that are no object, no JSON, or more than was asked for. */
function wholeBodies(
	fitting: Readonly<Record<string, unknown>>,
	hasRequired: boolean,
): Omit<BadRequest, keyof Place>[] {
	const json = { 'content-type': 'application/json' }
	const text = JSON.stringify(fitting)
	const wants = hasRequired ? 'malformed' : 'survived'
	const polluted = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},${text.slice(1)}`
	const rest = Object.keys(fitting).length === 0 ? polluted.replace(/,\}$/, '}') : polluted
	return [
		{ wrong: 'is half', headers: json, body: text.slice(0, -1), wants: 'malformed' },
		{ wrong: 'is no text', headers: json, body: new Uint8Array([0xff, 0xfe, 0, 0x80]), wants: 'malformed' },
		{ wrong: 'is nested without end', headers: json, body: deep(15_000), wants },
		{ wrong: 'is nested in a field', headers: json, body: `{"x":${deep(15_000)}}`, wants },
		{ wrong: 'is null', headers: json, body: 'null', wants },
		{ wrong: 'is a list', headers: json, body: '[]', wants },
		{ wrong: 'is text', headers: json, body: '"text"', wants },
		{ wrong: 'is a number', headers: json, body: '1e999', wants: 'survived' },
		{ wrong: 'names prototypes', headers: json, body: rest, wants: 'survived' },
		{
			wrong: 'says what nobody asks',
			headers: json,
			body: `{"role":"admin",${text.slice(1)}`.replace(/,\}$/, '}'),
			wants: 'survived',
		},
		{ wrong: 'is empty', headers: json, body: '', wants },
		...['text/plain', 'application/xml', 'application/octet-stream', 'no type'].map(
			(type) => ({ wrong: `is ${type}`, headers: { 'content-type': type }, body: text, wants: 'malformed' }) as const,
		),
		{
			wrong: 'is a form',
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body:
				new URLSearchParams(
					Object.entries(fitting).map(([name, value]): [string, string] => [name, String(value)]),
				).toString() || 'x=1',
			wants: 'malformed',
		},
		{
			wrong: 'is a form of parts',
			headers: { 'content-type': 'multipart/form-data; boundary=x' },
			body: '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nalice\r\n--x--\r\n',
			wants: 'malformed',
		},
		{
			wrong: 'is a form without a boundary',
			headers: { 'content-type': 'multipart/form-data' },
			body: 'x',
			wants: 'malformed',
		},
	]
}

const badSegments = [
	'A',
	'!!!',
	'A'.repeat(3000),
	'%00',
	'%2e%2e%2f%2e%2e%2fetc%2fpasswd',
	'__proto__',
	"'%20OR%201=1--",
	'%ff',
	'%',
]
const badNumbers = ['x', '-1', '1.5', '1e400', 'NaN', '9007199254740993']
const badQueries = [
	'__proto__[polluted]=1',
	'constructor[prototype][polluted]=1',
	'x[]=1&x[a]=2',
	'x=%00',
	'%ff=%ff',
	'&&&===',
]

type Place = Pick<BadRequest, 'endpoint' | 'method' | 'path'>

interface Call {
	readonly endpoint: string
	readonly method: string
	readonly template: string
	readonly schema: Schema
	readonly isDetailed: boolean
	readonly fitting: FittingRequest
}

function pathOf({ template, fitting: { input } }: Call, spoiled: Readonly<Record<string, string>> = {}): string {
	return template.replace(
		/\{(\w+)\}/g,
		(_, name: string) => spoiled[name] ?? encodeURIComponent(String(input[name] ?? 0)),
	)
}

const namesIn = (template: string): string[] => [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)

function without(value: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
	return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function badPaths(call: Call): BadRequest[] {
	const { endpoint, method, template, fitting } = call
	const isRead = method === 'GET' || method === 'HEAD'
	const body = isRead
		? undefined
		: fitting.bytes === true
			? new Uint8Array(1)
			: JSON.stringify(without(fitting.input, namesIn(template)))
	const type = fitting.bytes === true ? 'application/offset+octet-stream' : 'application/json'
	const headers = { ...(isRead ? {} : { 'content-type': type }), ...fitting.headers }
	return namesIn(template).flatMap((name) =>
		badSegments.map((segment) => ({
			...{ endpoint, method, headers, body, path: pathOf(call, { [name]: segment }) },
			...{ wrong: `${name} in the path is ${segment.slice(0, 12)}`, wants: 'refused' as const },
		})),
	)
}

function queryFields({ schema, isDetailed, template }: Call): Readonly<Record<string, Schema>> {
	const all = isDetailed ? schema.properties?.['query']?.properties : schema.properties
	return Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => !namesIn(template).includes(name)))
}

function badReads(call: Call): BadRequest[] {
	const { endpoint, method, fitting } = call
	const place = { endpoint, method, headers: fitting.headers ?? {}, body: undefined }
	const ask = (query: string, wants: BadRequest['wants']) => ({
		...place,
		...{ path: `${pathOf(call)}?${query}`, wrong: `is asked for ${query.slice(0, 30)}`, wants },
	})
	const fields = Object.entries(queryFields(call)).flatMap(([name, field]) => {
		if (kindsOf(field).has('number')) return badNumbers.map((text) => ask(`${name}=${text}`, 'malformed'))
		const long =
			field.maxLength === undefined ? [] : [ask(`${name}=${'x'.repeat(field.maxLength + 1)}`, 'malformed' as const)]
		return [
			...long,
			...['%00', '__proto__', "'%20OR%201=1--", '%25%5f', '%ff'].map((text) => ask(`${name}=${text}`, 'survived')),
		]
	})
	return [...fields, ...badQueries.map((query) => ask(query, 'survived'))]
}

function badWrites(call: Call): BadRequest[] {
	const { endpoint, method, template, schema, fitting } = call
	const names = namesIn(template)
	const place = { endpoint, method, path: pathOf(call) }
	const body = without(fitting.input, names)
	const inBody: Schema = {
		type: 'object',
		properties: without(schema.properties ?? {}, names) as Record<string, Schema>,
		required: (schema.required ?? []).filter((name) => !names.includes(name)),
	}
	const fields = spoilFields(inBody, body).map(({ wrong, value, wants }) => ({
		...{ ...place, wrong, wants },
		...{ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) },
	}))
	return [...fields, ...wholeBodies(body, (inBody.required ?? []).length > 0).map((one) => ({ ...place, ...one }))]
}

/** Calls that say their part in headers, and carry bytes. */
function badHeaders(call: Call): BadRequest[] {
	const { endpoint, method, schema, fitting } = call
	const isRead = method === 'GET' || method === 'HEAD'
	const place = { endpoint, method, path: pathOf(call), body: isRead ? undefined : new Uint8Array(1) }
	const type: Record<string, string> = isRead ? {} : { 'content-type': 'application/offset+octet-stream' }
	return Object.entries(schema.properties?.['headers']?.properties ?? {}).flatMap(([name, field]) => {
		const bad = kindsOf(field).has('number') ? badNumbers : ['9.9.9', 'x'.repeat(4000)]
		const { [name]: _, ...rest } = { ...type, ...fitting.headers }
		return [
			{ ...place, wrong: `has no ${name}`, headers: rest, wants: 'malformed' as const },
			...bad.map((text) => ({
				...place,
				wrong: `${name} is ${text.slice(0, 12)}`,
				headers: { ...rest, [name]: text },
				wants: 'malformed' as const,
			})),
		]
	})
}

function badRequestsOf(call: Call): BadRequest[] {
	const isRead = call.method === 'GET' || call.method === 'HEAD'
	if (call.isDetailed) return [...badPaths(call), ...badHeaders(call), ...(isRead ? badReads(call) : [])]
	return [...badPaths(call), ...(isRead ? badReads(call) : badWrites(call))]
}

function schemaOf(procedure: unknown): { schema: Schema; isDetailed: boolean } {
	const { inputSchema, route } = (
		procedure as { '~orpc': { inputSchema?: z.ZodMiniType; route: { inputStructure?: string } } }
	)['~orpc']
	const schema = inputSchema === undefined ? {} : z.toJSONSchema(inputSchema, { io: 'output', unrepresentable: 'any' })
	return { schema: schema as Schema, isDetailed: route.inputStructure === 'detailed' }
}

/** Of every endpoint; `fitting` says by group and call what one that fits looks like. */
export function badRequests(fitting: (group: string, call: string) => FittingRequest): BadRequest[] {
	const table = routes as unknown as Readonly<Record<string, Readonly<Record<string, Route>>>>
	return Object.entries(contract).flatMap(([group, calls]) =>
		Object.entries(calls).flatMap(([name, procedure]) => {
			const [method = '', template = ''] = (table[group]?.[name] ?? '').split(' ')
			const call = {
				endpoint: `${group}.${name}`,
				method,
				template,
				...schemaOf(procedure),
				fitting: fitting(group, name),
			}
			return badRequestsOf(call)
		}),
	)
}
