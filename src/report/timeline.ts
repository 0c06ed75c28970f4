import type { Signal } from '../lifecycle/protocol.js'
import type { ReleaseSnapshot } from '../lifecycle/release.js'
import { type ReleaseStatus, statusOf } from '../lifecycle/status.js'
import { isRouted } from '../lifecycle/track-context.js'
import type { JournalRecord } from '../ports/journal.js'
import { contextsOf } from './consequence.js'
import type { Fact } from './fact.js'
import { factsOf } from './facts.js'
import { type MetricSeries, SeriesBook } from './metric-series.js'
import { type Moment, momentsOf } from './moment.js'

/** The weight of one track over time, as a staircase: each weight holds until the next point. */
export interface WeightLine {
  readonly track: string
  readonly points: readonly { readonly at: number; readonly weight: number }[]
}

/** One answer of one person to one gate. */
export interface ApprovalAnswer {
  readonly at: number
  readonly gate: string
  readonly actor: Signal['actor']
  readonly isGranted: boolean
  readonly reason: string
}

/** A release from its first record to its last, for people. Texts are as they were journaled: views make them safe to show. */
export interface Timeline {
  readonly status: ReleaseStatus
  /** What the records amount to. */
  readonly snapshot: ReleaseSnapshot
  /** Of the first and the last record, epoch milliseconds. */
  readonly startedAt: number
  readonly lastAt: number
  /** Numbers of the first and the last record in the journal. */
  readonly seqs: { readonly first: number; readonly last: number }
  readonly facts: readonly Fact[]
  /** One for each unit with a router in each stage; empty before the release is validated. */
  readonly weights: readonly WeightLine[]
  readonly series: readonly MetricSeries[]
  readonly approvals: readonly ApprovalAnswer[]
}

/**
 * Replays a release, and tells it.
 * @param records - all records of one release, in order
 * @throws ReleaseError `release/unknown`, `journal/corrupt` or `journal/version`
 */
export function timelineOf(records: Iterable<JournalRecord>): Timeline {
  const moments = momentsOf(records)
  const [first] = moments
  const last = moments.at(-1) ?? first
  const startedAt = first.after.at
  return {
    status: statusOf(last.after),
    snapshot: last.after,
    startedAt,
    lastAt: last.after.at,
    seqs: { first: first.record.seq, last: last.record.seq },
    facts: moments.flatMap((moment) => factsOf(moment, startedAt)),
    weights: weightsOf(moments, last),
    series: seriesOf(moments),
    approvals: moments.flatMap(({ entry: { event } }) => {
      if (event.type !== 'approval.granted' && event.type !== 'approval.rejected') return []
      const { at, gate, actor, reason, type } = event
      return [{ at, gate, actor, reason, isGranted: type === 'approval.granted' }]
    }),
  }
}

/** Only a change makes a point; the first one is when the release was validated. */
function weightsOf(moments: readonly Moment[], last: Moment): WeightLine[] {
  const lines = new Map<string, { at: number; weight: number }[]>()
  for (const { after } of moments)
    for (const [track, { context }] of Object.entries(after.tracks)) {
      if (!isRouted(context)) continue
      const points = lines.get(track) ?? []
      lines.set(track, points)
      if (points.at(-1)?.weight !== context.weight) points.push({ at: after.at, weight: context.weight })
    }
  return last.after.program.tracks.flatMap(({ id }) => {
    const points = lines.get(id)
    return points ? [{ track: id, points }] : []
  })
}

function seriesOf(moments: readonly Moment[]): MetricSeries[] {
  const book = new SeriesBook()
  for (const moment of moments) {
    const { event } = moment.entry
    if (event.type !== 'metrics.looked') continue
    const order = contextsOf(moment, event.track)[0]?.awaiting
    // A look without a start has only read where the counters stand.
    const isAnswer = order?.type === 'metrics.look' && order.key === event.key && order.from !== null
    if (isAnswer) book.add(event.track, event.look, event.verdict, moment.after.plan.judges[order.judge])
  }
  return book.all()
}
