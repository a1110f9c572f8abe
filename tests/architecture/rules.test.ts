import { readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { rules, topLevelIsAgreed, type Violation } from './rules.ts'
import { projectRoot, readSourceFiles, sourceFile } from './source-files.ts'

const show = ({ path, sentence }: Violation) => `${path} ${sentence}`

describe('the project', async () => {
	const files = await readSourceFiles(['src', 'server', 'tests', 'bench', 'deploy'])

	test.each(Object.entries(rules))('%s', (_name, rule) => {
		expect(rule(files).map(show)).toEqual([])
	})

	test('the top level is the agreed one', async () => {
		expect(topLevelIsAgreed(await readdir(projectRoot)).map(show)).toEqual([])
	})

	test('the scan saw the project', () => {
		expect(files.length).toBeGreaterThan(50)
		expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(100)
	})
})

/** [rule, path, planted text, what the sentence must say]. */
const planted: readonly (readonly [rule: keyof typeof rules, path: string, text: string, says: RegExp])[] = [
	['every file has a room', 'src/lib/magic/spell.ts', '', /lies in no room/],
	[
		'rooms import only their neighbours',
		'server/domain/friends.ts',
		"import { open } from '#crypto/event-seal.ts'",
		/ports/,
	],
	[
		'rooms import only their neighbours',
		'server/main.ts',
		"import { createCore } from '#core/api.ts'",
		/server is blind/,
	],
	[
		'rooms import only their neighbours',
		'server/main.ts',
		"import type { View } from '#ui/state/view.ts'",
		/server is blind/,
	],
	[
		'rooms import only their neighbours',
		'server/sync/socket.ts',
		"import { x } from '#store/storage.ts'",
		/server\/domain/,
	],
	[
		'rooms import only their neighbours',
		'server/http/friends.ts',
		"import { x } from '#server/data/sqlite/x.ts'",
		/SQL/,
	],
	[
		'rooms import only their neighbours',
		'server/domain/a.ts',
		"import type { B } from '#server/data/b.ts'",
		/port here/,
	],
	[
		'rooms import only their neighbours',
		'server/data/a.ts',
		"import { rule } from '#server/domain/rule.ts'",
		/decides nothing/,
	],
	[
		'rooms import only their neighbours',
		'src/lib/protocol/a.ts',
		"import { seal } from '#crypto/aead.ts'",
		/goes to crypto/,
	],
	[
		'rooms import only their neighbours',
		'src/lib/store/a.ts',
		"import { seal } from '#crypto/aead.ts'",
		/comes in as a function/,
	],
	['rooms import only their neighbours', 'src/lib/sync/a.ts', "export * from '#store/storage.ts'", /opaque envelopes/],
	[
		'rooms import only their neighbours',
		'src/lib/core/a.ts',
		"const a = await import('#platform/browser/a.ts')",
		/ports/,
	],
	[
		'rooms import only their neighbours',
		'src/lib/core/a.ts',
		"new Worker(new URL('../platform/browser/a.ts', import.meta.url))",
		/ports/,
	],
	[
		'rooms import only their neighbours',
		'src/lib/platform/browser/a.ts',
		"import '#platform/node/b.ts'",
		/platform\/node/,
	],
	['rooms import only their neighbours', 'src/lib/ui/state/a.ts', "import '#protocol/bytes.ts'", /behind core/],
	[
		'rooms import only their neighbours',
		'src/lib/ui/components/A.svelte',
		'<script lang="ts">\n\timport { send } from \'#core/api.ts\'\n</script>',
		/ui\/state/,
	],
	[
		'rooms import only their neighbours',
		'src/routes/+page.svelte',
		"<script>import '#core/api.ts'</script>",
		/one screen/,
	],
	[
		'rooms import only their neighbours',
		'src/routes/api/v1/+server.ts',
		"import { x } from '#server/domain/x.ts'",
		/second copy/,
	],
	[
		'rooms import only their neighbours',
		'src/service-worker/service-worker.ts',
		"import '#core/outbox.ts'",
		/core\/notify/,
	],
	[
		'rooms import only their packages',
		'src/lib/protocol/a.ts',
		"import { readFile } from 'node:fs'",
		/contract of both sides/,
	],
	['rooms import only their packages', 'src/lib/protocol/a.ts', "import { z } from 'zod'", /package zod/],
	['rooms import only their packages', 'src/lib/core/a.ts', "import { x } from 'node:crypto'", /any runtime/],
	['rooms import only their packages', 'server/domain/a.ts', "import { sql } from 'drizzle-orm'", /SQL/],
	['imports show the wall', 'src/lib/core/a.ts', "import '../crypto/aead.ts'", /#room/],
	['imports show the wall', 'src/lib/core/a.ts', "import '#core/b.ts'", /relative/],
	['only server/config.ts reads the environment', 'server/main.ts', 'const port = process.env.PORT', /config\.ts/],
	['only server/config.ts reads the environment', 'server/http/a.ts', "const port = process.env['PORT']", /config\.ts/],
	[
		'only server/config.ts reads the environment',
		'src/routes/+layout.ts',
		"import { env } from '$env/dynamic/public'",
		/config\.ts/,
	],
	['nothing imports tests', 'src/lib/core/a.ts', "import '#tests/support/fake-clock.ts'", /does not live in tests/],
	['files are named for what they hold', 'src/lib/core/utils.ts', '', /catch-all/],
	['files are named for what they hold', 'src/lib/core/outbox/index.ts', '', /one door/],
	['files are named for what they hold', 'src/lib/core/outBox.ts', '', /kebab-case/],
	['files are named for what they hold', 'src/lib/ui/components/message-row.svelte', '', /PascalCase/],
	['rooms explain themselves', 'src/lib/core/a.ts', '', /is missing/],
	['layout is logical', 'src/lib/ui/components/A.svelte', '<p class="mt-2 md:ml-4">x</p>', /logical/],
	['layout is logical', 'src/lib/ui/components/A.svelte', '<style>p { padding-left: 4px }</style>', /logical/],
	['layout is logical', 'src/app.css', 'p { text-align: left; }', /logical/],
]

describe('a planted violation is found, and told where to go', () => {
	test.each(planted)('%s: %s', (rule, path, text, says) => {
		const found = rules[rule]!([sourceFile(path, text)])
		expect(found).toHaveLength(1)
		expect(found[0]!.path).toMatch(/^(src|server)\//)
		expect(found[0]!.sentence).toMatch(says)
	})

	test('one layout assembles the client', () => {
		const text = "import { createBrowserClient } from '#platform/browser/client.ts'"
		const layouts = ['src/routes/+layout.ts', 'src/routes/app/+layout.ts'].map((path) => sourceFile(path, text))
		expect(rules['one layout assembles the client']!(layouts).map(show)).toEqual([
			expect.stringContaining('there is one client'),
		])
	})

	test('top level', () => {
		expect(topLevelIsAgreed(['src', 'scripts', 'node_modules'])).toEqual([
			{ path: 'scripts', sentence: expect.stringContaining('docs/decisions') as string },
		])
	})
})

test('what is allowed is not found', () => {
	const files = [
		sourceFile('src/lib/protocol/README.md', ''),
		sourceFile('src/lib/protocol/a.ts', "// import '#core/b.ts', process.env.X\nimport { ok } from './result.ts'"),
		sourceFile('src/lib/core/README.md', ''),
		sourceFile('src/lib/core/a.ts', "import { ok } from '#protocol/result.ts'\nimport { seal } from '#crypto/aead.ts'"),
		sourceFile('server/README.md', ''),
		sourceFile('server/config.ts', 'export const port = process.env.PORT'),
		sourceFile('server/data/a.ts', "import type { Accounts } from '#server/domain/ports.ts'"),
		sourceFile('src/lib/ui/README.md', ''),
		sourceFile('src/lib/ui/components/A.svelte', '<p class="ms-2 border-line text-start rounded-lg">to the left</p>'),
		sourceFile('src/routes/+layout.ts', "import { createBrowserClient } from '#platform/browser/client.ts'"),
	]
	for (const rule of Object.values(rules)) expect(rule(files).map(show)).toEqual([])
})
