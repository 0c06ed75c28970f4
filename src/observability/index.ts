/** Releases as OpenTelemetry sees them. @module */
export { type TelemetryOptions, telemetry } from './telemetry.js'
