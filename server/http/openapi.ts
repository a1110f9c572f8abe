/** /api/v1/openapi.json: OpenAPI 3.1, made from the contract, and what is written as it comes beside it. */
import { contract } from '#protocol/http/contract.ts'
import { OpenAPIGenerator } from '@orpc/openapi'
import { feedSubject } from '../domain/tickets.ts'
import { apiGuide } from './api-guide.ts'
import { onceRoutes } from './asked-once.ts'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'

const text = { type: 'string' }
const inQuery = (name: string, description: string) => ({ name, in: 'query', description, schema: text })
const problem = (description: string) => ({
	description,
	content: { 'application/problem+json': { schema: { type: 'object' } } },
})

const streamed = [
	'event: ready',
	'id: q83vASNFZ4kAAAAAAAIAAAAAAAE',
	'data: {"time":1760000000000,"conversations":[{"conversation":"q83vASNFZ4mrze8BI0VniQ","recv":2,"seq":1}]}',
	'',
	'event: item',
	'id: q83vASNFZ4kAAAAAAAMAAAAAAAE',
	'data: {"conversation":"q83vASNFZ4mrze8BI0VniQ","guid":"c/q83vASNFZ4mrze8BI0VniQ/0","clientId":7,"clock":0,"recv":3,"item":"AAE…"}',
	'',
	'',
].join('\n')

/** Server-sent events: no call with one answer, so not of the contract. */
const eventStream = {
	get: {
		operationId: 'events',
		tags: ['events'],
		summary: 'All that is stored in the own conversations, as server-sent events',
		description:
			'`ready` first; then `item` (a sealed event as it is stored), `conversation` (its log stands at `seq`: fetch it), `parted` ' +
			'(no member any more), and `end` with a code before the server closes. Ids are positions in all conversations: with the last ' +
			'one in `Last-Event-ID` a stream goes on at any node, after any restart, with nothing left out; what had no id yet comes once ' +
			'more. A conversation that is new comes from its beginning. A stream opened with an access token ends when that expires. ' +
			`Who can send no header asks \`POST /sync/tickets\` for a ticket with the guid \`${feedSubject}\`; a token never stands in the query.`,
		security: [{ access: [] }, {}],
		parameters: [
			inQuery('conversation', 'Only this one; may stand there several times.'),
			inQuery('ticket', 'In place of the access token; good once, for 30 seconds.'),
			inQuery('lastEventId', 'In place of the header, for who can send none.'),
			{ name: 'Last-Event-ID', in: 'header', description: 'The last id that came.', schema: text },
		],
		responses: {
			200: {
				description: 'Until either side ends it',
				content: { 'text/event-stream': { schema: text, example: streamed } },
			},
			400: problem('A position that was never given'),
			401: problem('No token, or a ticket that was used'),
			429: problem('So many streams are open already'),
		},
	},
}

interface Operation {
	readonly operationId?: string
	readonly parameters?: readonly object[]
	readonly responses?: Readonly<Record<string, object>>
}

const idempotencyKey = {
	name: 'Idempotency-Key',
	in: 'header',
	schema: text,
	description: 'The same request with the same key is done once, and answered alike for a day.',
}

function takesKey({ parameters = [], responses = {}, ...operation }: Operation): Operation {
	const refusals = {
		409: problem('The same request is being answered'),
		422: problem('The key stands for another request'),
	}
	return { ...operation, parameters: [...parameters, idempotencyKey], responses: { ...refusals, ...responses } }
}

/** Tagged by the group of the contract, as `rooms` of `rooms.list`; with what the edge adds to each call. */
function completed(paths: Readonly<Record<string, object | undefined>>): Record<string, object> {
	const complete = (route: string, operation: Operation) => ({
		...((onceRoutes as readonly string[]).includes(route) ? takesKey(operation) : operation),
		tags: [operation.operationId?.split('.')[0] ?? 'other'],
	})
	const ofPath = (path: string, operations: object | undefined) =>
		Object.entries(operations ?? {}).map(([method, one]) => [
			method,
			complete(`${method.toUpperCase()} ${path}`, one as Operation),
		])
	return Object.fromEntries(
		Object.entries(paths).map(([path, operations]) => [path, Object.fromEntries(ofPath(path, operations)) as object]),
	)
}

export async function openApiDocument({ name, version }: { name: string; version: string }): Promise<object> {
	const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
	const document = await generator.generate(contract, {
		info: { title: `${name}: HTTP API`, version, description: apiGuide },
		servers: [{ url: '/api/v1' }],
		components: { securitySchemes: { access: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
		security: [{ access: [] }],
	})
	return { ...document, paths: { ...completed(document.paths ?? {}), '/events': eventStream } }
}
