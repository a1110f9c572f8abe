/** Inputs that have the form which the contract asks for, made from its own schemas: what is refused then, is refused for another reason. */
import { contract } from '#protocol/http/contract.ts'
import { routes, type Route } from '#protocol/http/routes.ts'
import * as z from 'zod/mini'

export interface Endpoint {
	/** As `rooms.list`. */
	readonly name: string
	readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
	/** Under /api/v1, with the ids of `sample` in its braces. */
	readonly path: string
	readonly body: unknown
}

interface JsonSchema {
	readonly type?: string
	readonly const?: unknown
	readonly enum?: readonly unknown[]
	readonly anyOf?: readonly JsonSchema[]
	readonly oneOf?: readonly JsonSchema[]
	readonly properties?: Readonly<Record<string, JsonSchema>>
	readonly required?: readonly string[]
	readonly maxLength?: number
}

type Sample = Readonly<Record<string, unknown>>

/** Bytes of the longest text that a field takes, or of a name. */
function textFor({ maxLength = 43 }: JsonSchema): string {
	return Buffer.alloc(Math.min(64, Math.floor((maxLength * 3) / 4)), 7).toString('base64url')
}

/** `known`: values by the name of a field, before any other. */
function sampleOf(schema: JsonSchema, known: Sample): unknown {
	if (schema.const !== undefined) return schema.const
	if (schema.enum !== undefined) return schema.enum[0]
	const [first] = schema.anyOf ?? schema.oneOf ?? []
	if (first !== undefined) return sampleOf(first, known)
	switch (schema.type) {
		case 'object':
			return Object.fromEntries(
				Object.entries(schema.properties ?? {})
					.filter(([name]) => schema.required?.includes(name) === true)
					.map(([name, field]) => [name, known[name] ?? sampleOf(field, known)]),
			)
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
			return textFor(schema)
	}
}

function inputOf(call: unknown, known: Sample): Sample {
	const { inputSchema } = (call as { '~orpc': { inputSchema?: z.ZodMiniType } })['~orpc']
	if (inputSchema === undefined) return {}
	const schema = z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
	return sampleOf(schema, known) as Sample
}

function endpointOf(name: string, route: Route, input: Sample, known: Sample): Endpoint {
	const [method, pattern = ''] = route.split(' ') as [Endpoint['method'], string]
	const rest = { ...input }
	const path = pattern.replace(/\{(\w+)\}/g, (_, field: string) => {
		delete rest[field]
		return encodeURIComponent(String(known[field] ?? input[field] ?? 0))
	})
	const query = new URLSearchParams(
		Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, String(value)])),
	).toString()
	if (method !== 'GET' && method !== 'HEAD') return { name, method, path, body: rest }
	return { name, method, path: query === '' ? path : `${path}?${query}`, body: undefined }
}

/** Every endpoint of the contract. `known`: ids by the name of their field, as `{ conversation }`. */
export function endpoints(known: Sample): Endpoint[] {
	return Object.entries(contract).flatMap(([group, calls]) =>
		Object.entries(calls).map(([call, procedure]) => {
			const route = (routes as Readonly<Record<string, Readonly<Record<string, Route>>>>)[group]?.[call]
			if (route === undefined) throw new Error(`${group}.${call} has no route`)
			return endpointOf(`${group}.${call}`, route, inputOf(procedure, known), known)
		}),
	)
}
