/** Rolls out flags of flagd by editing their file. @module */
export { type FlagdOptions, flagdFlagService } from './flag-service.js'
