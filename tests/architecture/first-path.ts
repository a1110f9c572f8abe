/**
 * What is loaded before the last conversation can be read (budget B7, decision 0320): all that these files import, and what that
 * imports. The list of what does not belong there is by name, so that one import in the wrong place is told at once and by its way.
 */
import { targetOf, type SourceFile } from './source-files.ts'

export interface FirstPath {
	readonly entries: readonly string[]
	/** Files, from the project's root; packages, by their name or its beginning. */
	readonly apart: readonly string[]
}

const core = (...names: readonly string[]) => names.map((name) => `src/lib/core/${name}.ts`)
const ui = (...names: readonly string[]) => names.map((name) => `src/lib/ui/${name}`)

export const firstPaths: Readonly<Record<string, FirstPath>> = {
	'the core of a signed-in browser': {
		entries: ['src/lib/platform/browser/worker/core-worker.ts', 'src/lib/platform/browser/start-core.ts'],
		apart: [
			...['zod', 'yjs', 'y-websocket', 'y-protocols', 'lib0', '@orpc/', '@hpke/', '@noble/curves', '@scure/'],
			...['@serenity-kit/', 'client-zip'],
			...core('conversation-traffic', 'membership', 'message-reports', 'log-lines', 'forwards', 'file-commands'),
			...core('search/message-search', 'copies/copying', 'copies/copy-views'),
			...core('group-view', 'page-fill', 'received-bytes'),
			'src/lib/protocol/conversation-rights.ts',
			...core('group-commands', 'admin-commands', 'people-commands', 'account-commands'),
			...core('ways-in', 'sign-up', 'sign-in', 'retire-device', 'fetch-identity', 'guest-session'),
			'src/lib/sync/page-session.ts',
			...core('peers/peer-sessions', 'blob-fetch', 'blob-intake', 'uploads'),
			'src/lib/platform/browser/peer-wire.ts',
			'src/lib/protocol/error-answers.ts',
		],
	},
	'the page of a conversation': {
		entries: [
			'src/routes/+layout.svelte',
			'src/routes/(app)/+layout.svelte',
			'src/routes/(app)/(chats)/+layout.svelte',
			'src/routes/(app)/(chats)/c/[conversation]/+page.svelte',
		],
		apart: [
			...[
				'bits-ui',
				'svelte-sonner',
				'marked',
				'dompurify',
				'highlight.js',
				'uqr',
				'qr/decode.js',
				'emoji-picker-element-data',
				'zod',
			],
			...['src/lib/core/', 'src/lib/crypto/', 'src/lib/store/', 'src/lib/sync/'],
			...ui('messages/errors.ts', 'messages/wire-errors.ts', 'primitives/Dialog.svelte', 'primitives/Menu.svelte'),
			...ui('components/conversation/DetailsPanel.svelte', 'components/conversation/EmojiPicker.svelte'),
			...ui('components/conversation/NotWritable.svelte', 'components/conversation/FileTray.svelte'),
			...ui('components/conversation/EditBar.svelte', 'components/conversation/ReplyBar.svelte'),
			...ui('components/conversation/MentionMenu.svelte'),
			...ui('components/conversation/PictureViewer.svelte', 'components/conversation/VoiceRecorder.svelte'),
			...ui('components/shell/Palette.svelte', 'components/groups/NewGroup.svelte'),
		],
	},
}

/** Ways from an entry to what is to be loaded apart, as `a → b → c`. */
export function waysToApart({ entries, apart }: FirstPath, files: readonly SourceFile[]): readonly string[] {
	const byPath = new Map(files.map((file) => [file.path, file]))
	const ways = new Map(entries.map((entry) => [entry, [entry]]))
	const found: string[] = []
	for (const [path, way] of ways) {
		for (const { specifier, typeOnly, onDemand } of byPath.get(path)?.imports ?? []) {
			if (typeOnly || onDemand === true) continue
			const target = targetOf(path, specifier) ?? specifier
			if (apart.some((name) => isNamed(target, name))) found.push([...way, target].join(' → '))
			else if (!ways.has(target)) ways.set(target, [...way, target])
		}
	}
	return found
}

const isNamed = (target: string, name: string) =>
	target === name || target.startsWith(name.endsWith('/') ? name : `${name}/`)
