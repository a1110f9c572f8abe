/** The package's entry: what `import … from 'kith'` gives a bot. docs/bots.md says how it is used. */
export type * from '#core/api.ts'
export type { Result } from '#protocol/result.ts'
export { BotError, createBot, type BotOptions } from './bot.ts'
export { createNodeClient, type NodeClientOptions } from './node-client.ts'
