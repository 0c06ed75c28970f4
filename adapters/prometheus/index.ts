/** Reads metrics from Prometheus, VictoriaMetrics, and whatever else speaks Prometheus's HTTP API. @module */
export { type PrometheusOptions, prometheusSource } from './metrics-source.js'
export { type PrometheusQuery, prometheusQuerySchema } from './query.js'
