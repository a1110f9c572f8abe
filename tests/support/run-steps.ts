/** The steps of tests/run.ts: a program each, its output passed through, its result counted. */
import { compile } from '@inlang/paraglide-js'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { messageCompilerOptions } from '#ui/messages/compiler-options.ts'
import { browserPath, howToGetBrowser } from './browser.ts'

export interface Outcome {
	readonly passed: number
	readonly failed: number
	readonly skipped: number
	/** What failed, a line or more each: told once more at the end, which is all that some logs keep. */
	readonly failures?: readonly string[]
	/** What failed first and held at the second try: told by name, because it is a defect of the test or of Kith. */
	readonly unsteady?: readonly string[]
}

export interface Step {
	readonly name: string
	/** Begins beside the steps before it; what it prints waits for its turn. */
	begin?(): void
	run(): Promise<Outcome>
}

const root = resolve(import.meta.dirname, '../..')
/** Servers and command lines that tests start by the hundred read what one of them compiled. */
const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') }

/** Exit code of one of the project's own programs; a signal counts as 1. */
function execute(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
	const child = spawn(join(root, 'node_modules/.bin', program), args, {
		cwd: root,
		stdio: ['ignore', 'inherit', 'inherit'],
		env: { ...process.env, ...compiled, ...env },
	})
	return new Promise((done, failed) => {
		child.once('error', failed)
		child.once('exit', (code) => done(code ?? 1))
	})
}

function single(succeeded: boolean): Outcome {
	return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1, skipped: 0 }
}

function check(name: string, program: string, ...args: string[]): Step {
	return { name, run: async () => single((await execute(program, args)) === 0) }
}

/** Slow checks, which wait on nothing but the generated files: they have the second core to themselves meanwhile. */
function checkBeside(name: string, program: string, ...args: string[]): Step {
	const start = async () => {
		const child = spawn(join(root, 'node_modules/.bin', program), args, {
			cwd: root,
			stdio: ['ignore', 'pipe', 'pipe'],
		})
		const printed: Buffer[] = []
		for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void printed.push(chunk))
		const code = await new Promise<number>((done, failed) => {
			child.once('error', failed)
			child.once('close', (ended) => done(ended ?? 1))
		})
		return { code, text: Buffer.concat(printed).toString() }
	}
	let underWay: ReturnType<typeof start> | null = null
	return {
		name,
		begin: () => void (underWay ??= start()),
		run: async () => {
			const { code, text } = await (underWay ?? start())
			process.stdout.write(text)
			return single(code === 0)
		},
	}
}

/** What the compiler and the type checks read, and no one commits: routes' types and message functions. */
const generate: Step = {
	name: 'generated files',
	async run() {
		await compile({ ...messageCompilerOptions, strategy: [...messageCompilerOptions.strategy] })
		return single((await execute('svelte-kit', ['sync'])) === 0)
	},
}

/** The compiler that is a program, and takes a quarter of the work (decision 0431); where `.bin` would have the other one. */
const compiler = '../@typescript/native/bin/tsc'

export const verifySteps: readonly Step[] = [
	generate,
	check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
	check('types: rooms below platform', compiler, '-p', 'tsconfig.rooms.json', '--singleThreaded'),
	checkBeside('types: node', compiler, '-p', 'tsconfig.node.json', '--singleThreaded'),
	check('types: workers', compiler, '-p', 'tsconfig.worker.json', '--singleThreaded'),
	checkBeside('types: browser tests', compiler, '-p', 'tsconfig.e2e.json', '--singleThreaded'),
	check('types: app', 'svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'),
	check('unused code', 'knip', '--no-progress'),
	checkBeside('lint', 'eslint', '--max-warnings', '0', '.'),
]

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), 'kith-test-'))
	try {
		return await work(folder)
	} finally {
		await rm(folder, { recursive: true, force: true })
	}
}

/** A runner that was cut short has written no report: that is one failure. */
async function readReport<T>(path: string): Promise<T | null> {
	const text = await readFile(path, 'utf8').catch(() => null)
	return text === null ? null : (JSON.parse(text) as T)
}

/** A runner can fail beside its tests (an error nobody caught): its exit code then adds one. */
function withExitCode(outcome: Outcome, code: number): Outcome {
	return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome
}

interface VitestReport {
	readonly numPassedTests: number
	readonly numFailedTests: number
	readonly numPendingTests: number
	readonly numTodoTests: number
	readonly testResults: readonly {
		readonly name: string
		readonly status: string
		readonly message: string
		readonly assertionResults: readonly {
			readonly status: string
			readonly fullName: string
			readonly failureMessages: readonly string[]
		}[]
	}[]
}

/** The first lines of a failure: enough to know which it was when the rest of the log is gone. */
function failureLines(file: string, title: string, message: string): string {
	const lines = message.split('\n').filter((line) => line.trim() !== '')
	return [`${relative(root, file)} › ${title}`, ...lines.slice(0, 12).map((line) => `    ${line}`)].join('\n')
}

function vitestFailures(report: VitestReport): string[] {
	return report.testResults.flatMap(({ name, status, message, assertionResults }) =>
		status === 'failed' && assertionResults.length === 0
			? [failureLines(name, '(did not load)', message)]
			: assertionResults
					.filter((test) => test.status === 'failed')
					.map((test) => failureLines(name, test.fullName, test.failureMessages.join('\n'))),
	)
}

/** Everything that runs without a browser; `filters` are paths as vitest takes them, none means all. */
export function unitSuites(name: string, filters: readonly string[]): Step {
	return { name, run: () => inTemporaryFolder((folder) => runVitestTwice(folder, filters)) }
}

interface VitestRun {
	readonly outcome: Outcome
	readonly report: VitestReport | null
}

async function runVitest(file: string, filters: readonly string[]): Promise<VitestRun> {
	const code = await execute('vitest', [
		'run',
		...filters,
		'--reporter=dot',
		'--reporter=json',
		`--outputFile.json=${file}`,
	])
	const report = await readReport<VitestReport>(file)
	if (report === null) return { outcome: single(false), report }
	const unloadable = report.testResults.filter(
		(suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
	).length
	const outcome = {
		passed: report.numPassedTests,
		failed: report.numFailedTests + unloadable,
		skipped: report.numPendingTests + report.numTodoTests,
		failures: vitestFailures(report),
	}
	return { outcome: withExitCode(outcome, code), report }
}

/** More files than this do not fail by chance. */
const unsteadyFilesMax = 3

/** Files worth a second try (decision 0005): few, loaded, and none that draws its cases anew each time. */
function worthAnotherTry({ testResults }: VitestReport): readonly string[] {
	const failed = testResults.filter(({ status }) => status === 'failed')
	const steady = failed.some(
		({ assertionResults }) =>
			assertionResults.length === 0 ||
			assertionResults.some(({ status, fullName }) => status === 'failed' && /\bseed\b/.test(fullName)),
	)
	return steady || failed.length > unsteadyFilesMax ? [] : failed.map(({ name }) => name)
}

/** What these files counted; where something before a file's tests failed, the report has them as skipped. */
function countsIn(report: VitestReport | null, files: readonly string[]): { passed: number; skipped: number } {
	const tests = (report?.testResults ?? [])
		.filter(({ name }) => files.includes(name))
		.flatMap(({ assertionResults }) => assertionResults)
	const passed = tests.filter(({ status }) => status === 'passed').length
	const failed = tests.filter(({ status }) => status === 'failed').length
	return { passed, skipped: tests.length - passed - failed }
}

async function runVitestTwice(folder: string, filters: readonly string[]): Promise<Outcome> {
	const { outcome, report } = await runVitest(join(folder, 'vitest.json'), filters)
	const files = report === null ? [] : worthAnotherTry(report)
	if (files.length === 0) return outcome
	process.stdout.write(`\nOnce more: ${files.map((file) => relative(root, file)).join(', ')}\n`)
	const again = await runVitest(join(folder, 'again.json'), files)
	if (again.outcome.failed > 0) return outcome
	const first = countsIn(report, files)
	return {
		passed: outcome.passed - first.passed + again.outcome.passed,
		failed: 0,
		skipped: outcome.skipped - first.skipped + again.outcome.skipped,
		unsteady: outcome.failures ?? [],
	}
}

interface PlaywrightSuite {
	readonly suites?: readonly PlaywrightSuite[]
	readonly specs: readonly {
		readonly title: string
		readonly file: string
		readonly ok: boolean
		readonly tests: readonly {
			readonly status: string
			readonly results: readonly { readonly error?: { readonly message?: string } }[]
		}[]
	}[]
}

interface PlaywrightReport {
	readonly stats: { expected: number; unexpected: number; flaky: number; skipped: number }
	readonly errors: readonly { readonly message?: string }[]
	readonly suites: readonly PlaywrightSuite[]
}

/** What a story said where it did not end well: failed (`unexpected`), or held at its second try (`flaky`). */
function playwrightTold(status: 'unexpected' | 'flaky', { specs, suites = [] }: PlaywrightSuite): string[] {
	const told = specs.flatMap(({ file, title, tests }) => {
		const ended = tests.filter((test) => test.status === status)
		const messages = ended.flatMap(({ results }) => results.map(({ error }) => error?.message ?? ''))
		const path = join(root, 'tests/e2e', file)
		return ended.length === 0 ? [] : [failureLines(path, title, stripVTControlCharacters(messages.join('\n')))]
	})
	return [...told, ...suites.flatMap((suite) => playwrightTold(status, suite))]
}

export const browserStories: Step = { name: 'browser stories', run: () => inTemporaryFolder(runPlaywright) }

async function runPlaywright(folder: string): Promise<Outcome> {
	if (browserPath() === null) {
		process.stdout.write(`${howToGetBrowser}\n`)
		return process.env['CI'] === 'true' ? single(false) : { passed: 0, failed: 0, skipped: 1 }
	}
	const file = join(folder, 'playwright.json')
	const code = await execute('playwright', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_FILE: file })
	const report = await readReport<PlaywrightReport>(file)
	if (report === null) return single(false)
	const { expected, unexpected, flaky, skipped } = report.stats
	const failures = [
		...report.suites.flatMap((suite) => playwrightTold('unexpected', suite)),
		...report.errors.map(({ message = '' }) =>
			failureLines(root, '(outside a story)', stripVTControlCharacters(message)),
		),
	]
	const unsteady = report.suites.flatMap((suite) => playwrightTold('flaky', suite))
	const failed = unexpected + report.errors.length
	return withExitCode({ passed: expected + flaky, failed, skipped, failures, unsteady }, code)
}
