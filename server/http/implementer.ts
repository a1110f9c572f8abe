/** The contract, to be implemented: handlers are typed by it, in and out. */
import { contract } from '#protocol/http/contract.ts'
import { implement } from '@orpc/server'
import type { RequestContext } from './request-context.ts'

export const api = implement(contract).$context<RequestContext>()
