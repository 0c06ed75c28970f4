import { minimise } from '../stats/golden-section.js'

/** Kullback-Leibler divergence between Bernoulli(p) and Bernoulli(q), in nats; `0 < q < 1`. */
function divergence(p: number, q: number): number {
  return (p > 0 ? p * Math.log(p / q) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0)
}

/** What is tolerated: a canary may fail `ratio` times as often as its control, and `increase` (a fraction of requests) more. */
export interface Tolerance {
  readonly ratio: number
  readonly increase: number
}

export interface InformationRate {
  /** Evidence per canary request, in nats: J₂ of the bound ln(1/α)/J₂ on the canary requests any test needs. */
  readonly rate: number
  /** The tolerated pair of error rates that is hardest to tell from the true one. */
  readonly control: number
  readonly canary: number
}

/**
 * How fast any sequential test can gather evidence against the nearest tolerated pair of error rates, by golden section.
 *
 * @param baseline - true error rate of the control, above 0
 * @param canary - true error rate of the canary
 * @param weight - the canary's share of all requests, above 0 and below 1; the control gets the rest
 * @see A. Wald (1945), Ann. Math. Stat. 16(2), 117-186, for the bound; R. Turner, A. Ly, P. Grünwald (2024),
 * J. Stat. Plan. Inference 230, for two streams.
 */
export function informationRate(
  baseline: number,
  canary: number,
  weight: number,
  { ratio, increase }: Tolerance,
): InformationRate {
  const controlPerCanary = (1 - weight) / weight
  const cost = (control: number) => {
    return controlPerCanary * divergence(baseline, control) + divergence(canary, ratio * control + increase)
  }
  const highest = Math.min(1 - 1e-6, Math.max(baseline, canary) * 3 + 1e-6, (1 - increase) / ratio)
  const control = minimise(cost, baseline * 1e-3, highest)
  return { rate: cost(control), control, canary: ratio * control + increase }
}
