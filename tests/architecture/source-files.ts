/**
 * The project's source as the rules see it: files with their imports, read from the syntax tree and not by pattern, so that
 * a comment breaks no rule and a clever spelling hides nothing.
 */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, posix, resolve } from 'node:path'
import ts from 'typescript'

export const projectRoot = resolve(import.meta.dirname, '../..')

export interface Import {
	/** As written: `#core/outbox.ts`, `./place.ts`, `node:fs`, `yjs`. */
	readonly specifier: string
	/** Vanishes when types are stripped. */
	readonly typeOnly: boolean
	/** Loaded when the line is reached, and not with the file. */
	readonly onDemand?: true
}

export interface SourceFile {
	/** From the project's root, with `/`. */
	readonly path: string
	readonly text: string
	readonly imports: readonly Import[]
	/** Reads `process.env`, `import.meta.env` or `$env/…`. */
	readonly readsEnvironment: boolean
}

const scanned = new Set(['.ts', '.js', '.svelte', '.css', '.html', '.md'])
const skippedFolders = new Set(['node_modules', 'generated', '.svelte-kit', 'build', 'data', 'test-results'])

/** All scanned files under the given folders of the project; a folder that does not exist has none. */
export async function readSourceFiles(folders: readonly string[]): Promise<SourceFile[]> {
	const paths = (await Promise.all(folders.map(pathsUnder))).flat().sort()
	return Promise.all(paths.map(async (path) => sourceFile(path, await readFile(join(projectRoot, path), 'utf8'))))
}

async function pathsUnder(folder: string): Promise<string[]> {
	const entries = await readdir(join(projectRoot, folder), { withFileTypes: true }).catch(() => [])
	const found = await Promise.all(
		entries.map(async (entry) => {
			const path = `${folder}/${entry.name}`
			if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : await pathsUnder(path)
			return scanned.has(extname(entry.name)) ? [path] : []
		}),
	)
	return found.flat()
}

/** A file as the rules see it; tests plant violations with it. */
export function sourceFile(path: string, text: string): SourceFile {
	const imports: Import[] = []
	let readsEnvironment = false
	for (const script of scriptsOf(path, text)) {
		visit(ts.createSourceFile(path, script, ts.ScriptTarget.Latest, true), (node) => {
			const found = importOf(node)
			if (found !== null) imports.push(found)
			if (isEnvironment(node)) readsEnvironment = true
		})
	}
	if (imports.some(({ specifier }) => specifier.startsWith('$env/'))) readsEnvironment = true
	return { path, text, imports, readsEnvironment }
}

function scriptsOf(path: string, text: string): string[] {
	if (path.endsWith('.ts') || path.endsWith('.js')) return [text]
	if (!path.endsWith('.svelte')) return []
	return [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '')
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
	see(node)
	ts.forEachChild(node, (child) => visit(child, see))
}

function importOf(node: ts.Node): Import | null {
	if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
		return { specifier: node.moduleSpecifier.text, typeOnly: isTypeOnly(node) }
	}
	if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
		return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
	}
	if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
		return { specifier: node.argument.literal.text, typeOnly: true }
	}
	return loadedFrom(node)
}

/** `import(…)`, and `new URL('./worker.ts', import.meta.url)`, which starts a worker and so is an import too. */
function loadedFrom(node: ts.Node): Import | null {
	if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return null
	const [first, second] = node.arguments ?? []
	if (!first || !ts.isStringLiteralLike(first)) return null
	if (ts.isCallExpression(node)) {
		return node.expression.kind === ts.SyntaxKind.ImportKeyword ? onDemand(first.text) : null
	}
	const isModule = /\.(ts|js)$/.test(first.text)
	const isModuleUrl = isModule && node.expression.getText() === 'URL' && second?.getText() === 'import.meta.url'
	return isModuleUrl ? onDemand(first.text) : null
}

const onDemand = (specifier: string): Import => ({ specifier, typeOnly: false, onDemand: true })

function isTypeOnly(node: ts.ImportDeclaration): boolean {
	const clause = node.importClause
	if (!clause) return false
	if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
	const named = clause.namedBindings
	return !clause.name && !!named && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly)
}

function isEnvironment(node: ts.Node): boolean {
	if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'env') return false
	return ['process', 'globalThis.process', 'import.meta'].includes(node.expression.getText())
}

const aliases: readonly (readonly [prefix: string, folder: string])[] = [
	...['protocol', 'crypto', 'store', 'sync', 'core', 'platform', 'ui'].map(
		(room) => [`#${room}/`, `src/lib/${room}/`] as const,
	),
	['#server/', 'server/'],
	['#tests/', 'tests/'],
]

/** Path in the project that an import leads to; null for packages. */
export function targetOf(from: string, specifier: string): string | null {
	if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
	const alias = aliases.find(([prefix]) => specifier.startsWith(prefix))
	return alias ? alias[1] + specifier.slice(alias[0].length) : null
}
