/** Tells another system of every record, by signed posts. @module */
export type { WebhookEvent } from './cloud-event.js'
export type { Post } from './guarded-post.js'
export { type Drop, type Webhook, type WebhookOptions, webhook } from './webhook.js'
