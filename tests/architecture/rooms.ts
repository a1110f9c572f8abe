/**
 * The rooms and the way through them (README, "Rooms"): which file belongs where, what it may import, and where code goes
 * that wants more than that.
 */

export interface Room {
	readonly name: string
	/** A file belongs to the first room whose pattern fits. */
	readonly where: RegExp
	/** Other rooms whose code it may use. */
	readonly imports: readonly string[]
	/** Rooms of which it may name types only: at run time the thing is handed in. */
	readonly types?: readonly string[]
	/** Single files of other rooms. */
	readonly files?: readonly RegExp[]
	/** Packages, by the beginning of the specifier; `any` where the room is an outer ring. */
	readonly packages: readonly string[] | 'any'
	/** Read by somebody whose check has just failed. */
	readonly advice: string
}

const uiPackages = ['svelte', 'bits-ui', '@lucide/svelte', 'svelte-sonner', 'uqr', 'qr/decode.js']

const clientRooms: readonly Room[] = [
	{
		name: 'protocol',
		where: /^src\/lib\/protocol\//,
		imports: [],
		packages: ['yjs', 'lib0', 'zod/mini', '@orpc/contract'],
		advice:
			'protocol/ is the contract of both sides and knows no other room: what needs a key goes to crypto/, what needs ' +
			'plaintext to core/, what decides to server/domain/; what it must be given comes in through a port (ports.ts).',
	},
	{
		name: 'crypto',
		where: /^src\/lib\/crypto\//,
		imports: ['protocol'],
		packages: ['@hpke/', '@noble/', '@scure/bip39', '@serenity-kit/opaque'],
		advice:
			'crypto/ turns bytes and keys into bytes: where they come from and where they go is for core/ to say, ' +
			'their layout belongs to protocol/; randomness and clock are parameters.',
	},
	{
		name: 'store',
		where: /^src\/lib\/store\//,
		imports: ['protocol'],
		packages: [],
		advice:
			'store/ is the port to what a device keeps, and its memory adapter: an adapter with a real database belongs to ' +
			'platform/, wrapping at rest comes in as a function, decisions about rows belong to core/.',
	},
	{
		name: 'sync',
		where: /^src\/lib\/sync\//,
		imports: ['protocol'],
		packages: ['yjs', 'lib0', 'y-protocols', 'y-websocket', '@orpc/contract'],
		advice:
			'sync/ moves opaque envelopes: keys and plaintext stay in core/, rows reach it through a port that core/ ' +
			'implements over store/, checks of bytes are protocol/.',
	},
	{
		name: 'core',
		where: /^src\/lib\/core\//,
		imports: ['protocol', 'crypto', 'store', 'sync'],
		packages: ['yjs', 'lib0', 'y-protocols', '@orpc/contract', 'client-zip'],
		advice:
			'core/ is what a user can do, on any runtime: what touches a browser or Node goes to platform/, what is shown ' +
			'to ui/state, what only moves bytes to sync/; it asks for them through ports.',
	},
	{
		name: 'platform/browser',
		where: /^src\/lib\/platform\/browser\//,
		imports: ['core', 'sync', 'store', 'crypto', 'protocol', 'platform'],
		packages: ['@serenity-kit/opaque', '@orpc/', 'y-websocket', 'y-protocols', 'yjs', 'lib0'],
		advice:
			'platform/browser/ adapts the browser to the ports of core and below: decisions belong to core/, what Node ' +
			'needs to platform/node/, what is seen to ui/.',
	},
	{
		name: 'platform/node',
		where: /^src\/lib\/platform\/node\//,
		imports: ['core', 'sync', 'store', 'crypto', 'protocol', 'platform'],
		packages: ['node:', '@serenity-kit/opaque', '@orpc/', 'ws', 'better-sqlite3', 'y-websocket', 'yjs', 'lib0'],
		advice:
			'platform/node/ adapts Node to the ports of core and below: decisions belong to core/, what the browser needs ' +
			'to platform/browser/; the server is another program and is spoken to over the wire only.',
	},
	{
		name: 'platform',
		where: /^src\/lib\/platform\/[^/]+$/,
		imports: ['core', 'sync', 'store', 'crypto', 'protocol'],
		packages: ['@orpc/'],
		advice: 'platform/ itself holds what both platforms share: runtime code belongs to browser/ or node/.',
	},
]

const appRooms: readonly Room[] = [
	{
		name: 'ui/state',
		where: /^src\/lib\/ui\/state\//,
		imports: ['core', 'ui/messages'],
		packages: ['svelte', '$app/'],
		advice:
			'ui/state/ shows what core says and calls what core offers: protocol, keys, storage and sockets stay behind ' +
			"core's methods; markup goes to ui/components/.",
	},
	{
		name: 'ui/messages',
		where: /^src\/lib\/ui\/messages\//,
		imports: [],
		types: ['ui/state'],
		packages: [],
		advice: 'ui/messages/ holds the catalogues: code that chooses among them belongs to ui/state or ui/components.',
	},
	{
		name: 'ui/primitives',
		where: /^src\/lib\/ui\/primitives\//,
		imports: ['ui/messages'],
		packages: uiPackages,
		advice:
			'ui/primitives/ knows nothing of chat: what needs state is a component (ui/components/) and hands it to the ' +
			'primitive; arithmetic that both need lies beside the primitive.',
	},
	{
		name: 'ui/components',
		where: /^src\/lib\/ui\/(components\/|[^/]+$)/,
		imports: ['ui/state', 'ui/primitives', 'ui/messages'],
		packages: [
			...uiPackages,
			'$app/',
			'@fontsource-variable/',
			'marked',
			'dompurify',
			'highlight.js/',
			'emoji-picker-element-data/',
		],
		advice:
			'ui/components/ is markup over ui/state: what asks core, holds a timer or keeps data belongs to ui/state/, ' +
			'what knows nothing of chat to ui/primitives/.',
	},
	{
		name: 'routes/api',
		where: /^src\/(routes\/(.*\/)?(\+server|\+(page|layout)\.server)\.ts|hooks\.server\.ts|app\.d\.ts)$/,
		imports: ['protocol', 'ui/messages'],
		types: ['server/domain', 'server/http', 'server'],
		packages: ['@sveltejs/kit', '@orpc/', './$types', '$app/'],
		advice:
			'The server part of a route is a thin edge: it uses what `locals` hands it, because importing the server would ' +
			'bundle a second copy of it. Rules go to server/domain/, transport to server/http/.',
	},
	{
		name: 'routes',
		where: /^src\/(routes\/|hooks\.ts|hooks\.client\.ts)/,
		imports: ['ui/state', 'ui/components', 'ui/primitives', 'ui/messages'],
		packages: [...uiPackages, '@sveltejs/kit', '$app/', '@fontsource-variable/'],
		advice:
			'A route puts one screen at one URL out of ui/: what it shows belongs to ui/components/, what it knows to ' +
			'ui/state/. Only the layout that assembles the client may open platform/browser.',
	},
	{
		name: 'service-worker',
		where: /^src\/service-worker\//,
		imports: ['platform/browser'],
		files: [/^src\/lib\/core\/notify[^/]*\.ts$/],
		packages: [],
		advice:
			'The service worker keeps the shell and opens one event for an alert (core/notify): it writes no store and ' +
			'speaks no protocol; what it needs of the browser belongs to platform/browser/.',
	},
	{ name: 'runtime typings', where: /^src\/lib\/runtime\.d\.ts$/, imports: [], packages: [], advice: '' },
]

const domainPorts = /^server\/domain\/(.*\/)?([a-z-]+-)?ports\.ts$/

const serverRooms: readonly Room[] = [
	{
		name: 'server/domain',
		where: /^server\/domain\//,
		imports: ['protocol'],
		packages: ['node:crypto', 'lucia', 'jose', '@serenity-kit/opaque', 'rate-limiter-flexible', 'zod'],
		advice:
			'server/domain/ holds rules behind ports: transport goes to server/http/ or server/sync/, SQL and files to ' +
			'server/data/, what several nodes share to server/cluster/; declare a port here and let main.ts hand it in.',
	},
	{
		name: 'server/data',
		where: /^server\/data\//,
		imports: ['protocol'],
		types: ['server', 'server/domain'],
		files: [domainPorts],
		packages: ['node:', 'drizzle-orm', 'better-sqlite3', 'pg', 'aws4fetch'],
		advice:
			"server/data/ implements domain's ports and decides nothing: a rule belongs to server/domain/, a layout of " +
			'bytes to protocol/.',
	},
	{
		name: 'server/cluster',
		where: /^server\/cluster\//,
		imports: ['protocol'],
		types: ['server/domain'],
		files: [domainPorts],
		packages: ['node:', 'ioredis', 'rate-limiter-flexible'],
		advice:
			"server/cluster/ carries news between nodes behind domain's port: what they mean belongs to server/domain/.",
	},
	{
		name: 'server/http',
		where: /^server\/http\//,
		imports: ['server/domain', 'protocol'],
		types: ['server', 'server/sync', 'server/data'],
		packages: ['node:', '@orpc/', 'swagger-ui-dist', 'zod', 'pino'],
		advice:
			'server/http/ is an edge: bytes in, decoded and authenticated calls of server/domain/ out. Rules go to ' +
			'server/domain/, SQL to server/data/, what the socket needs to server/sync/.',
	},
	{
		name: 'server/sync',
		where: /^server\/sync\//,
		imports: ['server/domain', 'protocol'],
		types: ['server', 'server/http', 'server/data'],
		packages: ['node:', 'ws', 'lib0', 'zod', 'pino'],
		advice:
			'server/sync/ is an edge: frames in, decoded, limited and authenticated calls of server/domain/ out. Rules go ' +
			'to server/domain/, SQL to server/data/, the layout of frames to protocol/.',
	},
	{
		name: 'server/mail',
		where: /^server\/mail\//,
		imports: ['protocol'],
		types: ['server', 'server/domain'],
		files: [domainPorts],
		packages: ['node:', 'nodemailer'],
		advice:
			"server/mail/ puts what the domain wants said into words and sends it: to whom and whether is server/domain/'s.",
	},
	{
		name: 'server/push',
		where: /^server\/push\//,
		imports: ['protocol'],
		types: ['server', 'server/domain'],
		files: [domainPorts],
		packages: ['node:'],
		advice: "server/push/ seals and sends what wakes a device: whom, when and whether is server/domain/'s.",
	},
	{
		name: 'server/ops',
		where: /^server\/ops\//,
		imports: ['server', 'server/domain', 'server/data', 'server/cluster', 'server/mail', 'server/push', 'protocol'],
		packages: ['node:', 'pino', 'better-sqlite3', 'drizzle-orm', 'zod', 'commander', 'prom-client'],
		advice: 'server/ops/ serves the operator: rules go to server/domain/, SQL to server/data/.',
	},
	{
		name: 'server',
		where: /^server\/[^/]+$/,
		imports: [
			...['server/domain', 'server/data', 'server/cluster', 'server/http', 'server/sync', 'server/mail', 'server/push'],
			'server/ops',
			'protocol',
		],
		packages: 'any',
		advice:
			'The server is blind: it never sees crypto, core, store or ui. What both sides need is protocol/, and what the ' +
			"server verifies it verifies with node:crypto behind protocol's ports.",
	},
]

const everything = [...clientRooms, ...appRooms, ...serverRooms].map((room) => room.name)

const rooms: readonly Room[] = [
	...clientRooms,
	...appRooms,
	...serverRooms,
	{
		name: 'examples',
		where: /^deploy\/package\/examples\//,
		imports: [],
		packages: ['node:', 'kith'],
		advice: 'An example is what somebody writes who has the package and nothing else.',
	},
	{
		name: 'deploy',
		where: /^deploy\//,
		imports: ['server', 'server/domain', 'server/ops', 'platform/node', 'core', 'protocol'],
		packages: ['node:'],
		advice:
			'deploy/ runs what there is: the server by its composition root, people by the headless client. What either ' +
			'needs belongs to it.',
	},
	{
		name: 'tests',
		where: /^(tests|bench)\//,
		imports: everything,
		packages: 'any',
		advice: '',
	},
]

/** The one layout that may assemble the browser client (rule "one client"). */
export const assembly = {
	from: /^src\/routes\/(.*\/)?\+layout\.(svelte|ts)$/,
	to: 'platform/browser',
} as const

export function roomOf(path: string): Room | null {
	return rooms.find((room) => room.where.test(path)) ?? null
}
