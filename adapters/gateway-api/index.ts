/** Splits traffic with routes of the Kubernetes Gateway API. @module */

export type { HeaderMatch } from './header-match.js'
export type { Backends } from './route.js'
export type { GatewayApiOptions, GatewayApiUnit, KubernetesClient } from './route-access.js'
export { type GatewayApiRouter, gatewayApiRouter } from './traffic-router.js'
