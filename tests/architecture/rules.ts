/** What the project's layout promises, one function a rule: files in, violations out. rules.test.ts plants one of each. */
import { posix } from 'node:path'
import { assembly, roomOf, type Room } from './rooms.ts'
import { targetOf, type Import, type SourceFile } from './source-files.ts'

export interface Violation {
	readonly path: string
	/** What is wrong, then where it should go. */
	readonly sentence: string
}

export type Rule = (files: readonly SourceFile[]) => Violation[]

/** One violation for each import that `judge` has a sentence for. */
function eachImport(judge: (file: SourceFile, room: Room, found: Import) => string | null): Rule {
	return (files) =>
		files.flatMap((file) => {
			const room = roomOf(file.path)
			if (room === null || room.name === 'tests') return []
			return file.imports.flatMap((found) => {
				const sentence = judge(file, room, found)
				return sentence === null ? [] : [{ path: file.path, sentence }]
			})
		})
}

function eachFile(judge: (file: SourceFile) => string | null): Rule {
	return (files) =>
		files.flatMap((file) => {
			const sentence = judge(file)
			return sentence === null ? [] : [{ path: file.path, sentence }]
		})
}

const everyFileHasARoom: Rule = eachFile(({ path }) => {
	if (!/\.(ts|js|svelte)$/.test(path) || roomOf(path) !== null) return null
	return 'lies in no room: tests/architecture/rooms.ts lists them, and docs/decisions/ is where a new one is argued for.'
})

const roomsImportOnlyTheirNeighbours: Rule = eachImport((file, room, found) => {
	const target = targetOf(file.path, found.specifier)
	if (target === null) return null
	const other = roomOf(target)
	if (other === null || other.name === room.name || room.imports.includes(other.name)) return null
	if (found.typeOnly && room.types?.includes(other.name)) return null
	if (room.files?.some((pattern) => pattern.test(target))) return null
	if (other.name === assembly.to && assembly.from.test(file.path)) return null
	return `imports ${target}, and ${room.name} must not use ${other.name}. ${room.advice}`
})

const roomsImportOnlyTheirPackages: Rule = eachImport((file, room, { specifier }) => {
	if (room.packages === 'any' || targetOf(file.path, specifier) !== null) return null
	const allowed = room.packages.some((name) => {
		const exact = specifier === name || specifier.startsWith(`${name}/`)
		return (
			exact || (name.endsWith('/') || name.endsWith(':') || name.endsWith('-') ? specifier.startsWith(name) : false)
		)
	})
	if (allowed) return null
	return `imports the package ${specifier}, which ${room.name} must not use. ${room.advice}`
})

const importsShowTheWall: Rule = eachImport((file, room, { specifier }) => {
	const target = targetOf(file.path, specifier)
	if (target === null) return null
	// Of the parts of ui and platform each is a room, but the alias is that of the whole.
	const sameRoom = wallOf(target) === wallOf(file.path)
	if (sameRoom && specifier.startsWith('#') && roomOf(target)?.name === room.name) {
		return `imports ${specifier} from its own room: write it as a relative path, # is for crossing a wall.`
	}
	if (!sameRoom && specifier.startsWith('.')) {
		return `reaches ${target} by a relative path: write #room/file.ts, so that the crossed wall shows in the first lines.`
	}
	return null
})

/** The part of the path that an alias stands for. */
function wallOf(path: string): string {
	const [first = '', second = '', third = ''] = path.split('/')
	if (first !== 'src') return first
	return second === 'lib' ? third : second
}

const oneLayoutAssemblesTheClient: Rule = (files) => {
	const assembling = files.filter(
		({ path, imports }) =>
			assembly.from.test(path) &&
			imports.some(({ specifier, typeOnly }) => {
				const target = targetOf(path, specifier)
				return !typeOnly && target !== null && roomOf(target)?.name === assembly.to
			}),
	)
	return assembling.slice(1).map(({ path }) => ({
		path,
		sentence: `assembles the browser client, as ${assembling[0]?.path} does: there is one client, made in one layout; take it from ui/state.`,
	}))
}

const onlyConfigReadsTheEnvironment: Rule = eachFile(({ path, readsEnvironment }) => {
	if (!readsEnvironment || path === 'server/config.ts' || /^(tests|bench|deploy)\//.test(path)) return null
	return (
		'reads the environment: server/config.ts alone does, where each variable is checked and documented; ' +
		'take the value as a parameter from main.ts.'
	)
})

const nothingImportsTests: Rule = eachImport((file, _room, { specifier }) => {
	const target = targetOf(file.path, specifier)
	if (target === null || !/^(tests|bench)\//.test(target)) return null
	return `imports ${target}: what the product needs does not live in tests/ or bench/; move it to the room that owns it.`
})

const catchAll = /^(utils?|helpers?|common|misc|shared|types|constants|lib)\.(svelte\.)?(ts|js)$/

const filesAreNamedForWhatTheyHold: Rule = eachFile(({ path }) => {
	const name = posix.basename(path)
	if (!/\.(ts|js|svelte)$/.test(name)) return null
	if (catchAll.test(name))
		return 'is a catch-all: name the thing that the file holds, and what fits nowhere finds its own file.'
	if (name === 'index.ts' && !isDoor(path))
		return 'is an index.ts inside a room: a room has one door at most, at its top.'
	if (path.startsWith('src/routes/')) return null
	if (name.endsWith('.svelte')) {
		return /^[A-Z][A-Za-z0-9]*\.svelte$/.test(name) ? null : 'is a component: PascalCase.svelte.'
	}
	return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name) ? null : 'is not in kebab-case.'
})

function isDoor(path: string): boolean {
	return /^(src\/lib\/[a-z]+|src\/lib\/(ui|platform)\/[a-z]+|server\/[a-z]+)\/index\.ts$/.test(path)
}

/** Rooms that a newcomer opens by themselves; each explains itself. */
const explained = [
	...['protocol', 'crypto', 'store', 'sync', 'core', 'platform', 'ui'].map((room) => `src/lib/${room}`),
	...['server', 'tests'],
]

const roomsExplainThemselves: Rule = (files) =>
	explained
		.filter((folder) => files.some(({ path }) => path.startsWith(`${folder}/`)))
		.filter((folder) => !files.some(({ path }) => path === `${folder}/README.md`))
		.map((folder) => ({
			path: `${folder}/README.md`,
			sentence: 'is missing: what the room is for, what it promises, what it must not know, where to start.',
		}))

/** Tailwind's physical utilities; each has a logical twin. */
const physicalClass =
	/(?<![\w-])-?(?:(?:[a-z-]+|\[[^\]]+\]):)*!?-?((?:m|p)(?:l|r)-|(?:left|right)-(?:\d|\[|auto|full|px|-)|border-(?:l|r)(?:-|\b)|rounded-(?:l|r|tl|tr|bl|br)(?:-|\b)|text-(?:left|right)\b|float-(?:left|right)\b|scroll-(?:m|p)(?:l|r)-)/
const physicalProperty =
	/(?<![\w-])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius|(?:left|right)|text-align:\s*(?:left|right)|float:\s*(?:left|right))\s*(?::|;|$)/m

const layoutIsLogical: Rule = eachFile(({ path, text }) => {
	const found = path.endsWith('.css')
		? physicalProperty.exec(withoutCssComments(text))?.[1]
		: path.endsWith('.svelte')
			? (physicalProperty.exec(stylesOf(text))?.[1] ?? physicalClass.exec(classesOf(text))?.[1])
			: undefined
	if (found === undefined) return null
	return `uses the physical "${found}": write the logical one (ms-, pe-, start-, inset-inline, text-start), or Arabic readers get a mirror image of half a page.`
})

function withoutCssComments(text: string): string {
	return text.replace(/\/\*[\s\S]*?\*\//g, '')
}

function stylesOf(text: string): string {
	return [...text.matchAll(/<style\b[^>]*>([\s\S]*?)<\/style>/g)]
		.map((match) => withoutCssComments(match[1] ?? ''))
		.join('\n')
}

/** Every quoted string: classes also stand in expressions and class lists. */
function classesOf(text: string): string {
	const markup = text.replace(/<style\b[\s\S]*?<\/style>/g, '')
	return [...markup.matchAll(/(["'`])((?:(?!\1)[^\\])*)\1/g)].map((match) => match[2] ?? '').join('\n')
}

const topLevel = new Set([
	...['src', 'static', 'drizzle', 'server', 'tests', 'docs', 'bench', 'deploy', '.ci', '.git'],
	...[
		'package.json',
		'package-lock.json',
		'svelte.config.js',
		'vite.config.ts',
		'README.md',
		'CHANGELOG.md',
		'LICENSE',
	],
	...[
		'.gitignore',
		'.gitattributes',
		'.npmrc',
		'.editorconfig',
		'.dockerignore',
		'.prettierrc.json',
		'.prettierignore',
	],
	...['eslint.config.js', 'knip.json', 'vitest.config.ts', 'playwright.config.ts', 'playwright.screenshots.config.ts'],
	...['tsconfig.json', 'tsconfig.base.json', 'tsconfig.rooms.json', 'tsconfig.node.json', 'tsconfig.worker.json'],
	...['tsconfig.e2e.json', 'drizzle.config.ts'],
])

/** Made on a machine and never committed (.gitignore). */
const local = new Set([
	'node_modules',
	'build',
	'dist',
	'.svelte-kit',
	'data',
	'data-demo',
	'test-results',
	'.env',
	'.vscode',
	'.idea',
	'.DS_Store',
])

/** `entries`: names of what lies in the project's root. */
export function topLevelIsAgreed(entries: readonly string[]): Violation[] {
	return entries
		.filter((name) => !topLevel.has(name) && !local.has(name) && !name.endsWith('.log'))
		.map((name) => ({
			path: name,
			sentence:
				'is not part of the agreed top level: code goes to src/ or server/, guides to docs/, set-up to deploy/, ' +
				'CI to .ci/; a new tool that needs a file here adds it to this list and says why in docs/decisions/.',
		}))
}

export const rules: Readonly<Record<string, Rule>> = {
	'every file has a room': everyFileHasARoom,
	'rooms import only their neighbours': roomsImportOnlyTheirNeighbours,
	'rooms import only their packages': roomsImportOnlyTheirPackages,
	'imports show the wall': importsShowTheWall,
	'one layout assembles the client': oneLayoutAssemblesTheClient,
	'only server/config.ts reads the environment': onlyConfigReadsTheEnvironment,
	'nothing imports tests': nothingImportsTests,
	'files are named for what they hold': filesAreNamedForWhatTheyHold,
	'rooms explain themselves': roomsExplainThemselves,
	'layout is logical': layoutIsLogical,
}
