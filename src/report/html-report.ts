import type { JournalRecord } from '../ports/journal.js'
import { humanDuration } from '../vocabulary/duration.js'
import { sentence, type Tone } from './fact.js'
import { html, Markup } from './html.js'
import { decisionList } from './html-decisions.js'
import { planSection } from './html-plan.js'
import { style } from './html-style.js'
import { timelineList } from './html-timeline.js'
import { liveNow } from './live-now.js'
import { metricPlot } from './metric-plot.js'
import { type Timeline, timelineOf } from './timeline.js'
import { sayWaiting } from './ways-on.js'
import { weightPlot } from './weight-plot.js'
import { sayInstant, sayStatus, statusTone } from './words.js'

export interface HtmlReportOptions {
  /** Epoch milliseconds; told in the footer. Without it the page depends on the records alone. */
  readonly generatedAt?: number
}

/**
 * The report of one release as one HTML file: it loads nothing, runs no script, and every text in it is escaped. The same
 * records give the same bytes.
 *
 * @param records - all records of one release, in order
 * @throws ReleaseError `release/unknown`, `journal/corrupt` or `journal/version`
 */
export function htmlReport(records: Iterable<JournalRecord>, { generatedAt }: HtmlReportOptions = {}): string {
  const timeline = timelineOf(records)
  const { status, snapshot, startedAt, lastAt, seqs, facts } = timeline
  const decisions = facts.filter(({ isDecision }) => isDecision).map((fact, index) => ({ ...fact, number: index + 1 }))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${status.release}: ${sayStatus[status.status]}</title><style>${new Markup(style)}</style></head>
<body><header>${headerOf(timeline)}</header><main>
<section><h2>Live ${status.isFinished ? 'now' : `at ${sayInstant(lastAt)}`}</h2>${liveSection(timeline)}</section>
<section><h2>Weight over time</h2>${
    timeline.weights.length === 0 && html`<p class="dim">No unit has a router.</p>`
  }<div class="cards">${timeline.weights.map(
    (line, i) =>
      html`<figure><figcaption><h4>${line.track}</h4></figcaption>${weightPlot(line, decisions, startedAt, lastAt, `weight-${i}`)}</figure>`,
  )}</div></section>
<section><h2>Canary against control</h2>${metrics(timeline)}</section>
<section><h2>Decisions</h2>${decisionList(decisions, snapshot.plan, startedAt)}</section>
<section><h2>Approvals</h2>${approvals(timeline)}</section>
<section><h2>Timeline</h2>${timelineList(facts, startedAt)}</section>
<section><h2>Plan</h2>${planSection(snapshot)}</section>
</main><footer><p>Records ${seqs.first} to ${seqs.last} of the journal, ${sayInstant(startedAt)} to ${sayInstant(lastAt)}.${
    generatedAt !== undefined && ` Report made ${sayInstant(generatedAt)}.`
  }</p><p class="mono">${status.planHash}</p></footer></body></html>
`
  return page.text
}

function headerOf({ status, startedAt, lastAt, snapshot }: Timeline): Markup {
  const tone = statusTone[status.status]
  const versions = Object.entries(snapshot.artifacts).map(([unit, { version }]) => `${unit} ${version}`)
  return html`<span class="status ${tone}">${sayStatus[status.status]}</span><h1>${status.release}</h1><p class="dim">${versions.join(', ')}</p>${
    status.cause && note('bad', status.cause.says, status.cause.code)
  }${status.waiting.map((waiting) => note('warn', sentence(sayWaiting(snapshot, waiting))))}<dl><dt>Plan</dt><dd>${status.plan} <code class="dim">${status.planHash.slice(0, 19)}…</code></dd><dt>Author</dt><dd>${status.author.id}</dd><dt>Started</dt><dd>${sayInstant(startedAt)}</dd><dt>${
    status.isFinished ? 'Ended' : 'Last record'
  }</dt><dd>${sayInstant(lastAt)}, after ${humanDuration(lastAt - startedAt)}</dd></dl>`
}

function note(tone: Tone, says: string, code?: string): Markup {
  return html`<p class="cause ${tone}"><span>${says}${code && html` <code class="dim">${code}</code>`}</span></p>`
}

function liveSection({ snapshot }: Timeline): Markup {
  return html`<div class="card live">${liveNow(snapshot).map(
    ({ track, says, shares }) =>
      html`<div class="dim">${track}</div><div>${says}${shares.length > 0 && html`<div class="bar" aria-hidden="true">${shares.map(({ percent, isNew }) => html`<i${isNew && html` class="new"`} style="width:${percent}%"></i>`)}</div>`}</div>`,
  )}</div>`
}

function metrics({ series, startedAt, status }: Timeline): Markup {
  if (series.length === 0) return html`<p class="dim">No judge has seen a number.</p>`
  return html`${status.tracks.map(({ id }) => {
    const own = series.filter(({ track }) => track === id)
    if (own.length === 0) return null
    const index = (name: string) => series.findIndex((one) => one.track === id && one.name === name)
    return html`<h3>${id}</h3><div class="cards">${own.map((one) => metricPlot(one, startedAt, `metric-${index(one.name)}`))}</div>`
  })}`
}

function approvals({ approvals }: Timeline): Markup {
  if (approvals.length === 0) return html`<p class="dim">Nobody was asked, or nobody has answered.</p>`
  return html`<div class="scroll" tabindex="0"><table aria-label="Approvals"><thead><tr><th scope="col">Gate</th><th scope="col">Who</th><th scope="col">Answer</th><th scope="col">When</th><th scope="col">Reason</th></tr></thead><tbody>${approvals.map(
    ({ gate, actor, isGranted, at, reason }) =>
      html`<tr><td>${gate}</td><td>${actor.id}${actor.roles && html` <span class="dim">${actor.roles.join(', ')}</span>`}</td><td class="${isGranted ? 'good' : 'bad'}">${isGranted ? 'approved' : 'rejected'}</td><td>${sayInstant(at)}</td><td>${reason}</td></tr>`,
  )}</tbody></table></div>`
}
