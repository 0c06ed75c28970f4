/** Runs versions as Deployments of Kubernetes; and the client of its API, which other adapters take too. @module */
export { type KubernetesClient, type KubernetesConnection, kubernetesClient, type PatchType } from './client.js'
export { type KubernetesOptions, type KubernetesUnit, kubernetesTarget } from './deploy-target.js'
