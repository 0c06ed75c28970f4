/** Splits traffic with routes of the Kubernetes Gateway API. @module */

export type { Backends } from './route.js'
export { type GatewayApiOptions, type GatewayApiUnit, gatewayApiRouter, type KubernetesClient } from './traffic-router.js'
