import { sayNumber } from '../analysis/wording.js'
import type { PlanTree } from '../plan/plan-schema.js'
import { humanDuration } from '../vocabulary/duration.js'
import type { Reason } from '../vocabulary/verdict.js'
import type { Evidence } from './fact.js'
import { html, htmlJson, type Markup } from './html.js'
import { ruleOf } from './metric-rule.js'
import type { NumberedDecision } from './weight-plot.js'
import { sayInstant, sayOffset, shortOutcome } from './words.js'

/** Every decision, with what it rests on. */
export function decisionList(decisions: readonly NumberedDecision[], plan: PlanTree, startedAt: number): Markup {
  if (decisions.length === 0) return html`<p class="dim">Nothing was decided yet.</p>`
  return html`<ol class="decisions">${decisions.map((decision) => {
    const { number, at, track, says, detail, tone, evidence, seq } = decision
    return html`<li id="decision-${number}"><div class="number-tag ${tone}">${number}</div><div><p class="says">${says}</p>${
      detail && !evidence && html`<p class="detail">${detail}</p>`
    }<p class="meta">${track ?? 'whole release'} · after ${sayOffset(at - startedAt)} · <time datetime="${new Date(at).toISOString()}">${sayInstant(at)}</time> · record ${seq}</p>${
      evidence && evidenceOf(evidence, plan)
    }</div></li>`
  })}</ol>`
}

function evidenceOf({ judge, window, looks, verdict }: Evidence, plan: PlanTree): Markup {
  const { from, to } = window
  return html`<p class="meta">judge <a href="#judge-${judge}">${judge}</a>, look ${looks}, over ${humanDuration(to - from)} until ${sayInstant(to)}</p><div class="scroll" tabindex="0"><table aria-label="Evidence"><thead><tr><th scope="col">Verdict</th><th scope="col">Reason</th></tr></thead><tbody>${verdict.reasons.map(
    (reason) =>
      html`<tr><td class="${tones[reason.outcome]}">${shortOutcome[reason.outcome]}</td><td>${reason.says}${numbersOf(reason, plan.judges[judge])}</td></tr>`,
  )}</tbody></table></div>`
}

const tones = { pass: 'good', inconclusive: 'warn', fail: 'bad' } as const

function numbersOf(reason: Reason, judgeSettings: unknown): Markup {
  const numbers = Object.entries(reason.numbers ?? {})
  const rule = reason.metric === undefined ? undefined : ruleOf(judgeSettings, reason).settings
  return html`<details><summary>Numbers and rule <code>${reason.code}</code></summary><table aria-label="Numbers"><tbody>${numbers.map(
    ([name, value]) =>
      html`<tr><th scope="row">${name}</th><td>${isInstant(name) ? sayInstant(value) : sayNumber(value)}</td></tr>`,
  )}</tbody></table>${rule !== undefined && htmlJson(rule)}</details>`
}

const isInstant = (name: string) => name === 'from' || name === 'to'
