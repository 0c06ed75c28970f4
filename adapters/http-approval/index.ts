/** Asks people by signed links, and hears other systems by signed callbacks. @module */
export type { Callback } from './callback.js'
export type { HttpAnswer, Refusal } from './door.js'
export { type ApprovalLinks, type HttpApproval, type HttpApprovalOptions, httpApproval } from './http-approval.js'
export type { LinkKeys } from './keys.js'
export type { UsedIds } from './used.js'
