import { html, Markup } from '../report/html.js'
import { style } from '../report/html-style.js'
import { type Frame, path, placesIn, plot } from '../report/plot.js'
import { thin } from '../report/thin.js'
import { humanDuration } from '../vocabulary/duration.js'
import { comparePolicies } from './compare-policies.js'
import type { Rate } from './estimates.js'
import type { TrialResult } from './evaluate-policy.js'
import { type Evaluations, sayDifference, sayRate, tableHead, tableRows } from './policy-table.js'

/** The lines of the first and the second policy. */
const classes = ['canary', 'control'] as const
const mostPoints = 800

/**
 * What an evaluation found, as one HTML file: it loads nothing, runs no script, and every text in it is escaped. The same
 * evaluations give the same bytes. Of two policies, it says what differs.
 *
 * @throws ReleaseError `input/invalid` for two that were not tried in the same worlds
 */
export function policyPage(...evaluations: Evaluations): string {
  const [first, second] = evaluations
  const names = evaluations.map(({ plan }) => plan).join(' and ')
  const legend = html`<p class="legend">${evaluations.map(
    ({ plan }, i) =>
      html`<span><svg class="key" width="24" height="8"><line class="${classes[i]}" x2="24" y1="4" y2="4"/></svg>${plan}</span>`,
  )}</p>`
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${names}: policy evaluation</title><style>${new Markup(style)}</style></head>
<body><header><h1>${names}</h1><p class="dim">${first.runs} simulated releases in each world, from seed ${first.seed}.</p></header><main>
<section><h2>Results</h2><div class="scroll" tabindex="0"><table aria-label="Results"><thead><tr>${tableHead.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${tableRows(
    evaluations,
  ).map(
    (row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div><p class="meta">Rates with 95 % intervals, times as medians, requests as means.</p></section>
${second && html`<section><h2>What differs</h2>${comparePolicies(first, second).map((one) => html`<p class="${one.isReal ? 'says' : 'dim'}">${sayDifference(one)}</p>`)}</section>`}
<section><h2>World by world</h2>${legend}<div class="cards">${first.trials.map((_, i) =>
    trialFigure(
      evaluations.flatMap(({ trials }) => trials[i] ?? []),
      i,
    ),
  )}</div></section>
</main><footer>${evaluations.map(({ plan, planHash }) => html`<p class="mono">${plan} ${planHash}</p>`)}</footer></body></html>
`
  return page.text
}

function trialFigure(trials: readonly TrialResult[], index: number): Markup {
  const [{ name, is } = { name: '', is: 'good' }] = trials
  return html`<figure><figcaption><h4>${name}</h4><p class="dim">${
    is === 'good' ? 'A good version: every rollback is a false one.' : 'A bad version: every rollback is a detection.'
  }</p></figcaption><p class="meta">Rolled back</p>${trials.map(({ rolledBack }, i) => rateBar(rolledBack, classes[i]!))}<p class="meta">Runs ${
    is === 'good' ? 'promoted' : 'detected'
  } after</p>${timePlot(trials, `trial-${index}`)}</figure>`
}

/** A rate as a dot, and its interval as a line. */
function rateBar(rate: Rate, className: string): Markup {
  const percent = (fraction: number) => `${Math.round(fraction * 10_000) / 100}%`
  const label = sayRate(rate)
  return html`<svg class="plot" role="img" aria-label="${label}" height="14"><line class="grid" x2="100%" y1="7" y2="7"/><line class="${className}" x1="${percent(rate.lower)}" x2="${percent(rate.upper)}" y1="7" y2="7"/><circle class="dot pass" cx="${percent(rate.rate)}" cy="7" r="4"><title>${label}</title></circle></svg><p class="meta">${label}</p>`
}

/** Which part of all runs had come to the right end by when: a staircase for each policy, from 0 to its rate. */
function timePlot(trials: readonly TrialResult[], id: string): Markup {
  const stairs = trials.map(({ is, outcomes }) => {
    const times = outcomes
      .flatMap(({ detectedAfterMs, isPromoted, tookMs }) => (is === 'bad' ? (detectedAfterMs ?? []) : isPromoted ? tookMs : []))
      .sort((a, b) => a - b)
    return times.map((at, i) => ({ at, share: (i + 1) / outcomes.length }))
  })
  const longest = Math.max(...stairs.map((points) => points.at(-1)?.at ?? 0))
  if (longest === 0) return html`<p class="dim">No run.</p>`
  const frame: Frame = {
    id,
    title: 'Share of runs over time',
    says: stairs
      .map((points) => `${Math.round((points.at(-1)?.share ?? 0) * 100)} % within ${humanDuration(points.at(-1)?.at ?? 0)}`)
      .join('; '),
    origin: 0,
    from: 0,
    to: longest,
    low: 0,
    high: 1,
    heightPx: 120,
    sayValue: (share) => `${Math.round(share * 100)} %`,
  }
  const { x, y } = placesIn(frame)
  const lines = stairs.map((points, i) => {
    const kept = thin(points, mostPoints, ({ share }) => share)
    const corners = kept.flatMap(({ at, share }, j) => [[x(at), y(kept[j - 1]?.share ?? 0)] as const, [x(at), y(share)] as const])
    return path(classes[i]!, [[0, y(0)], ...corners, [x(longest), y(kept.at(-1)?.share ?? 0)]])
  })
  return plot(frame, lines, [])
}
