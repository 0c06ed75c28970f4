/** Routes traffic with HAProxy, and counts its answers, over the Runtime API. @module */
export { type HaproxyQuery, haproxyMetrics, haproxyQuerySchema } from './metrics-source.js'
export type { HaproxyOptions } from './options.js'
export type { RuntimeSocket } from './runtime-api.js'
export { haproxyRouter } from './traffic-router.js'
