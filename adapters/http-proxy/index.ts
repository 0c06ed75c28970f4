/** A weighted reverse proxy inside a Node.js process: splits the traffic of one unit without a server to install. @module */
export { type CohortCounters, latencyBounds, type StatusClass } from './cohort.js'
export { connectHttpProxy } from './connect-http-proxy.js'
export type { ProxyCounters } from './prometheus-text.js'
export type { MirroringRouter, Resolve } from './router.js'
export { type HttpProxy, type HttpProxyConfig, startHttpProxy } from './start-http-proxy.js'
export type { Sticky } from './sticky.js'
