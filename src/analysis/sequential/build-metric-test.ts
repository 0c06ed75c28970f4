import { countMetric } from './count-metric.js'
import { gaugeMetric } from './gauge-metric.js'
import { latencyMetric } from './latency-metric.js'
import type { Levels, MetricTest } from './metric-test.js'
import type { Guardrail, Improvement } from './sequential-settings.js'

/** The test of a metric that must not get worse. */
export function guardrailTest(settings: Guardrail, levels: Levels): MetricTest {
  switch (settings.kind) {
    case 'ratio':
    case 'events':
      return countMetric(settings, levels)
    case 'latency':
      return latencyMetric(settings, levels)
    case 'gauge':
      return gaugeMetric(settings, levels)
  }
}

/** The test of a metric that must get better: promotion to below what control has, or a part of that. */
export function improvementTest(settings: Improvement, levels: Levels): MetricTest {
  const { gain } = settings
  switch (settings.kind) {
    case 'ratio':
    case 'events':
      return countMetric({ ...settings, promote: { relative: gain, absolute: 0 } }, levels)
    case 'latency':
      return latencyMetric({ ...settings, highest: 1, promote: { slowdown: gain, odds: gain } }, levels)
    case 'gauge':
      return gaugeMetric({ ...settings, promote: { relative: gain } }, levels)
  }
}
