/** Probabilities of the whole numbers from `first` on. */
export interface Pmf {
  readonly first: number
  readonly probabilities: Float64Array
}

/**
 * A distribution on `first` to `last` known by its mode and the ratio of neighbours. Built outwards from the mode and then
 * normalised: no gamma function, no cancellation, full relative precision in both tails.
 *
 * @param ratio - p(k + 1) / p(k)
 */
export function unimodalPmf(first: number, last: number, mode: number, ratio: (k: number) => number): Pmf {
  const probabilities = new Float64Array(last - first + 1)
  const peak = Math.min(last, Math.max(first, mode)) - first
  probabilities[peak] = 1
  for (let i = peak; i + 1 < probabilities.length; i++) probabilities[i + 1] = probabilities[i]! * ratio(first + i)
  for (let i = peak; i > 0; i--) probabilities[i - 1] = probabilities[i]! / ratio(first + i - 1)
  const sum = probabilities.reduce((total, probability) => total + probability, 0)
  return { first, probabilities: probabilities.map((probability) => probability / sum) }
}

/** Successes in `trials` independent tries. */
export function binomialPmf(trials: number, probability: number): Pmf {
  if (probability <= 0 || probability >= 1) {
    const certain = new Float64Array(trials + 1)
    certain[probability >= 1 ? trials : 0] = 1
    return { first: 0, probabilities: certain }
  }
  const odds = probability / (1 - probability)
  return unimodalPmf(0, trials, Math.floor((trials + 1) * probability), (k) => ((trials - k) / (k + 1)) * odds)
}

/** Marked ones among `drawn` from a population of which `marked` are marked. */
export function hypergeometricPmf(population: number, marked: number, drawn: number): Pmf {
  const unmarked = population - marked
  const mode = Math.floor(((marked + 1) * (drawn + 1)) / (population + 2))
  const ratio = (k: number) => ((marked - k) * (drawn - k)) / ((k + 1) * (unmarked - drawn + k + 1))
  return unimodalPmf(Math.max(0, drawn - unmarked), Math.min(marked, drawn), mode, ratio)
}
