/** Reads metrics straight from the instances of a version, without a metrics server in between. @module */
export { type OpenMetricsOptions, openMetricsSource } from './metrics-source.js'
export { type OpenMetricsQuery, openMetricsQuerySchema } from './query.js'
