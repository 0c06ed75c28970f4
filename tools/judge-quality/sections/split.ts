import { firstSampleRatioWealth, sampleRatio } from '../../../dist/src/analysis/sequential/sample-ratio.js'
import { logSumExp } from '../../../dist/src/analysis/stats/log-space.js'
import type { Section } from '../section.ts'
import { percent, rateWithInterval } from '../words.ts'

interface Cell {
  readonly factor: number
  readonly tolerance: number
  /** Requests that are assigned together, as those of a sticky session are, and whether the check is told. */
  readonly session?: number
  readonly isTold?: boolean
}
interface Found {
  readonly found: number
  readonly looks: number
  readonly byChiSquare: number
}

const [level, looks, share, requests] = [0.001, 60, 0.05, 6_000]

/** Whether the canary gets the share of the traffic that it was given. */
export const split: Section<Cell, Found> = {
  name: 'split',
  cells: [
    ...[1, 1.05, 1.2, 0.8].flatMap((factor) => [0, 0.05].map((tolerance) => ({ factor, tolerance }))),
    ...[false, true].map((isTold) => ({ factor: 1, tolerance: 0.05, session: 10, isTold })),
  ],
  runs: ({ factor }) => (factor === 1 ? 10_000 : 1_000),
  simulate({ factor, tolerance, session = 1, isTold = false }, runs, random) {
    const result = { found: 0, looks: 0, byChiSquare: 0 }
    for (let run = 0; run < runs; run++) {
      let [wealth, canary, look, isFound, isMismatch] = [firstSampleRatioWealth, 0, 0, false, false]
      while (look < looks && !(isFound && (isMismatch || factor !== 1))) {
        look += 1
        const got = session * random.binomial(requests / session, share * factor)
        canary += got
        if (!isFound) wealth = sampleRatio(wealth, got, requests, share, tolerance, isTold ? session : 1)
        if (!isFound && logSumExp(wealth) >= -Math.log(level)) {
          isFound = true
          result.looks += look
        }
        // 10.83 is the 99.9 % quantile of chi-squared with one degree of freedom.
        isMismatch ||= (canary - look * requests * share) ** 2 / (look * requests * share * (1 - share)) > 10.83
      }
      if (isFound) result.found += 1
      else result.looks += looks
      if (isMismatch) result.byChiSquare += 1
    }
    return result
  },
  report: (done) => ({
    tables: [
      {
        title: 'Sample ratio: 5 % intended of 100 requests per second, at most 0.1 % false, 60 looks of a minute',
        head: ['canary gets', 'tolerance', 'called a mismatch (95 % interval)', 'minutes until then', 'chi-squared at each look'],
        rows: done.map(({ cell, runs, found }) => [
          `${percent(share * cell.factor)}${cell.session === undefined ? '' : `, in sessions of ${cell.session}${cell.isTold ? ', as told' : ''}`}`,
          percent(cell.tolerance, 0),
          rateWithInterval(found.found, runs),
          cell.factor === 1 ? '' : (found.looks / runs).toFixed(1),
          cell.factor === 1 ? percent(found.byChiSquare / runs, 1) : '',
        ]),
      },
    ],
    goals: [],
  }),
}
