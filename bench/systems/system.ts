/** What is measured: our server, and the two that people take otherwise. */
export const systemNames = ['kith', 'hocuspocus', 'y-websocket'] as const
export type SystemName = (typeof systemNames)[number]
