/** Rolls out flags of Unleash. @module */
export { type UnleashOptions, unleashFlagService } from './flag-service.js'
