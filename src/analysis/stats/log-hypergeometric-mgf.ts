import { logBeta } from './log-gamma.js'

/** ln of the number of ways to choose `k` of `n`, exact to about 14 digits for any size. */
const logChoose = (n: number, k: number) => -Math.log(n + 1) - logBeta(n - k + 1, k + 1)

/**
 * ln E[e^(tX)] for X = how many of `drawn` are marked, when `marked` of `total` are and the draw is without replacement.
 * e^t is the odds ratio of Fisher's noncentral hypergeometric distribution, of which this is the log normaliser.
 *
 * Summed from the mode outwards until terms vanish, so that the work grows with the standard deviation, not the range.
 *
 * @param total - whole number, at least 1
 * @param drawn - whole number, 0 to `total`
 * @param marked - whole number, 0 to `total`
 * @see J. G. Liao, O. Rosen (2001), The American Statistician 55(4), 366-369, for the mode.
 */
export function logHypergeometricMgf(total: number, drawn: number, marked: number, t: number): number {
  const lowest = Math.max(0, drawn + marked - total)
  const highest = Math.min(drawn, marked)
  const odds = Math.exp(t)
  const b = (marked + drawn + 2) * odds + total - marked - drawn
  const c = (marked + 1) * (drawn + 1) * odds
  const mode = Math.min(highest, Math.max(lowest, Math.floor((2 * c) / (b + Math.sqrt(b * b - 4 * (odds - 1) * c)))))
  const unmarkedLeft = total - marked - drawn
  let sum = 1
  for (let k = mode, term = 1; k < highest && term > sum * 1e-18; k++) {
    term *= (((marked - k) * (drawn - k)) / ((k + 1) * (unmarkedLeft + k + 1))) * odds
    sum += term
  }
  for (let k = mode, term = 1; k > lowest && term > sum * 1e-18; k--) {
    term *= (k * (unmarkedLeft + k)) / ((marked - k + 1) * (drawn - k + 1) * odds)
    sum += term
  }
  const atMode = logChoose(marked, mode) + logChoose(total - marked, drawn - mode) - logChoose(total, drawn)
  return atMode + mode * t + Math.log(sum)
}
