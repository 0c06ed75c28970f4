import { logBeta } from './log-gamma.js'

/** ln of the number of ways to choose `k` of `n`, exact to about 14 digits for any size. */
const logChoose = (n: number, k: number) => -Math.log(n + 1) - logBeta(n - k + 1, k + 1)

/**
 * The likeliest number of marked among `drawn` of `total`, of which `marked` are marked, in Fisher's noncentral
 * hypergeometric distribution; its mean is less than one away.
 *
 * @see J. G. Liao, O. Rosen (2001), The American Statistician 55(4), 366-369.
 */
export function hypergeometricMode(total: number, drawn: number, marked: number, odds: number): number {
  const beside = total - marked - drawn
  const b = (marked + drawn + 2) * odds + beside
  const c = (marked + 1) * (drawn + 1) * odds
  const mode = Math.floor((2 * c) / (b + Math.sqrt(b * b - 4 * (odds - 1) * c)))
  return Math.min(drawn, marked, Math.max(0, -beside, mode))
}

/**
 * t ↦ ln E[e^(tX)] for X = how many of `drawn` are marked, when `marked` of `total` are and the draw is without replacement.
 * e^t is the odds ratio of Fisher's noncentral hypergeometric distribution, of which this is the log normaliser.
 *
 * Summed from the mode outwards until terms vanish, so that the work grows with the standard deviation, not the range.
 *
 * @param total - whole number, at least 1
 * @param drawn - whole number, 0 to `total`
 * @param marked - whole number, 0 to `total`
 */
export function hypergeometricMgf(total: number, drawn: number, marked: number): (t: number) => number {
  const unmarked = total - marked
  const ways = logChoose(total, drawn)
  return (t) => {
    const odds = Math.exp(t)
    const mode = hypergeometricMode(total, drawn, marked, odds)
    let sum = 1
    // Four factors of the ratio of neighbouring terms, each of which moves by one from term to term.
    for (let term = 1, m = marked - mode, d = drawn - mode, k = mode + 1, u = unmarked - drawn + k; term > sum * negligible; ) {
      term *= (odds * (m-- * d--)) / (k++ * u++)
      sum += term
    }
    for (
      let term = 1, m = marked - mode + 1, d = drawn - mode + 1, k = mode, u = unmarked - drawn + k;
      term > sum * negligible;
    ) {
      term *= (k-- * u--) / (odds * (m++ * d++))
      sum += term
    }
    return logChoose(marked, mode) + logChoose(unmarked, drawn - mode) - ways + mode * t + Math.log(sum)
  }
}

/** Of the sum; the terms after it fall ever faster. At the ends of the range, where nothing is left to draw, they are zero. */
const negligible = 1e-17
