/** Versions of a service as local child processes: nothing to install, and they outlive the process that started them. @module */
export { type ProcessTarget, processTarget } from './deploy-target.js'
export type { Command } from './instance.js'
export type { ServiceProcess } from './make-ready.js'
