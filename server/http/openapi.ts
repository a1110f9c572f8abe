/** /api/v1/openapi.json: OpenAPI 3.1, made from the contract. */
import { contract } from '#protocol/http/contract.ts'
import { OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'

export function openApiDocument({ name, version }: { name: string; version: string }): Promise<object> {
	const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
	return generator.generate(contract, {
		info: { title: `${name}: HTTP API`, version },
		servers: [{ url: '/api/v1' }],
		components: { securitySchemes: { access: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
		security: [{ access: [] }],
	})
}
