import type { KayentaMetric } from './settings.js'

/** The four bounds of the effect size, where not set at the value that means no effect. */
export function effectBounds({
  measure,
  allowedIncrease,
  allowedDecrease,
  criticalIncrease,
  criticalDecrease,
}: KayentaMetric['effectSize']) {
  const neutral = measure === 'cles' ? 0.5 : 1
  return {
    allowedIncrease: allowedIncrease ?? neutral,
    allowedDecrease: allowedDecrease ?? neutral,
    criticalIncrease: criticalIncrease ?? neutral,
    criticalDecrease: criticalDecrease ?? neutral,
  }
}
