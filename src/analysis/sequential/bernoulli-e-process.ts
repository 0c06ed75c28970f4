import type { Pace } from './count-e-process.js'
import { type Counts, countFactors, type Margin } from './count-factors.js'
import { initialWealth, type NodeMixture, redistribute, type Wealth } from './node-mixture.js'

/** Wealth, and what control has shown so far, from which its rate is guessed. */
export interface BernoulliState {
  readonly wealth: Wealth
  readonly controlTotal: number
  readonly controlBad: number
}

/**
 * The count e-process for common events (above about 5 %: cache misses, conversions), 10 to 38 % faster there.
 *
 * Same nulls as `countEProcess`. Bets are sized by a guess of control's rate from past intervals; a wrong guess costs
 * speed, never validity. A node that the guess makes impossible does not bet. The first interval has no past, and uses the
 * rare-event form.
 *
 * Assumes that every request is wholly good or bad, whole counts, and independence given the interval's rates; bursts and
 * noise of one cohort break it, and `phi` tempers that.
 *
 * @see R. Turner, A. Ly, P. Grünwald (2024), J. Stat. Plan. Inference 230, 106116. arXiv:2106.02693
 */
export function bernoulliEProcess(mixture: NodeMixture, { relative, absolute }: Margin) {
  const { nodes, prior } = mixture
  return {
    begin: (): BernoulliState => ({ wealth: initialWealth(mixture), controlTotal: 0, controlBad: 0 }),
    update(state: BernoulliState, counts: Counts, { share = 0, phi = 1 }: Pace = {}): BernoulliState {
      const { controlTotal, controlBad, canaryTotal, canaryBad } = counts
      if (canaryTotal <= 0 || controlTotal <= 0) return state
      const control = state.controlTotal > 0 ? (state.controlBad + 0.5) / (state.controlTotal + 1) : 0
      const canary = relative * control + absolute
      const logGain = (node: number) => {
        const { canary: a, logCanary, logControl } = countFactors(counts, relative, node)
        if (control === 0) return canaryBad * logCanary + controlBad * logControl - absolute * canaryTotal * (a - 1)
        const b = 1 - (((relative * canaryTotal) / controlTotal) * (a - 1) * (1 - control)) / (1 - canary)
        if (canary >= 1 || b <= 0 || a * canary >= 1 || b * control >= 1) return 0
        return (
          canaryBad * Math.log(a) +
          (canaryTotal - canaryBad) * Math.log((1 - a * canary) / (1 - canary)) +
          controlBad * Math.log(b) +
          (controlTotal - controlBad) * Math.log((1 - b * control) / (1 - control))
        )
      }
      const after = state.wealth.map((log, j) => (j < nodes.length ? log + logGain(nodes[j]!) / phi : log))
      return {
        wealth: redistribute(after, prior, share),
        controlTotal: state.controlTotal + controlTotal,
        controlBad: state.controlBad + controlBad,
      }
    },
  }
}
