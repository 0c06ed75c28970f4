import {
  type Context,
  context,
  type Meter,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { parseRecord, type ReleaseRecord, replayStep } from '../lifecycle/record.js'
import { type ReleaseSnapshot, stateOf } from '../lifecycle/release.js'
import { type ReleaseStatus, statusOf } from '../lifecycle/status.js'
import { currentStep } from '../lifecycle/track-context.js'
import type { JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'

export interface TelemetryOptions {
  /** Default: the global tracer of the name `taxiway`. */
  readonly tracer?: Tracer
  /** Default: the global meter of the name `taxiway`. */
  readonly meter?: Meter
}

/** What a track is at: a step, or its way back. Another key is another span. */
interface Task {
  readonly key: string
  readonly name: string
  readonly isRollback: boolean
}

interface Followed {
  readonly snapshot: ReleaseSnapshot
  readonly startedAt: number
  readonly span: Span
  readonly within: Context
  /** By track. */
  readonly tasks: Map<string, { readonly task: Task; readonly span: Span }>
}

/**
 * Traces and metrics of releases by OpenTelemetry's CI/CD conventions: a span for each release, one below it for each step
 * and each rollback, an event for each look and each signal. Metrics carry the plan's name and never a release's, so that
 * their number is bounded. Spans have the engine's instants, which are those of the journal.
 *
 * A release that was begun by an earlier process is followed from the records this observer is given: give it the journal's
 * earlier ones first, or it says nothing of that release.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/cicd/
 */
export function telemetry(options: TelemetryOptions = {}): Observer {
  const tracer = options.tracer ?? trace.getTracer('taxiway')
  const meter = options.meter ?? metrics.getMeter('taxiway')
  const duration = meter.createHistogram('cicd.pipeline.run.duration', { unit: 's', description: 'Duration of a release.' })
  const active = meter.createUpDownCounter('cicd.pipeline.run.active', { unit: '{run}', description: 'Releases under way.' })
  const looks = meter.createCounter('taxiway.looks', { unit: '{look}', description: 'Looks of judges, by outcome.' })
  const followed = new Map<string, Followed>()

  function begin(record: JournalRecord, snapshot: ReleaseSnapshot): Followed {
    const { release, plan, planHash, author } = snapshot
    const attributes = {
      'cicd.pipeline.name': plan.name,
      'cicd.pipeline.run.id': release,
      'cicd.pipeline.action.name': 'RUN',
      'taxiway.plan.hash': planHash,
      'taxiway.author': author.id,
    }
    const span = tracer.startSpan(`RUN ${plan.name}`, { kind: SpanKind.SERVER, startTime: record.at, attributes })
    active.add(1, { 'cicd.pipeline.name': plan.name })
    return { snapshot, startedAt: record.at, span, within: trace.setSpan(context.active(), span), tasks: new Map() }
  }

  function noteEvent({ span, snapshot }: Followed, { event }: ReleaseRecord): void {
    if (event.type === 'metrics.looked') {
      const { outcome } = event.verdict
      looks.add(1, { 'cicd.pipeline.name': snapshot.plan.name, 'taxiway.outcome': outcome })
      const says = event.verdict.reasons[0]?.says ?? ''
      span.addEvent('taxiway.look', { 'taxiway.track': event.track, 'taxiway.outcome': outcome, 'taxiway.says': says }, event.at)
    } else if ('actor' in event) {
      span.addEvent(`taxiway.${event.type}`, { 'taxiway.actor': event.actor.id, 'taxiway.says': event.reason }, event.at)
    }
  }

  /** Ends the spans of steps that are left, and begins those of steps that are entered. */
  function follow(release: Followed, at: number): void {
    const { snapshot, tasks, within } = release
    for (const { id, stage, unit } of snapshot.program.tracks) {
      const now = taskOf(snapshot, id)
      const open = tasks.get(id)
      if (open?.task.key === now?.key) continue
      if (open) {
        const isFailed = now?.isRollback === true && !open.task.isRollback
        endTask(open.span, isFailed ? 'failure' : 'success', at)
        tasks.delete(id)
      }
      if (now === undefined) continue
      const attributes = {
        'cicd.pipeline.task.name': now.name,
        'cicd.pipeline.task.type': 'deploy',
        'cicd.pipeline.task.run.id': now.key,
        'deployment.environment.name': stage,
        ...(unit !== null && { 'service.name': unit }),
      }
      const span = tracer.startSpan(now.name, { kind: SpanKind.INTERNAL, startTime: at, attributes }, within)
      tasks.set(id, { task: now, span })
    }
  }

  function end({ span, snapshot, startedAt, tasks }: Followed, status: ReleaseStatus): void {
    for (const { span: task } of tasks.values()) endTask(task, 'success', status.at)
    const result =
      status.status === 'promoted' ? 'success' : status.cause?.code === 'abort/requested' ? 'cancellation' : 'failure'
    span.setAttribute('cicd.pipeline.result', result)
    if (result === 'failure') {
      span.setAttribute('error.type', status.cause?.code ?? 'unknown')
      span.setStatus({ code: SpanStatusCode.ERROR, message: status.cause?.says ?? '' })
    }
    span.end(status.at)
    const name = { 'cicd.pipeline.name': snapshot.plan.name }
    active.add(-1, name)
    duration.record((status.at - startedAt) / 1_000, {
      ...name,
      'cicd.pipeline.result': result,
      'cicd.pipeline.run.state': 'executing',
    })
  }

  return {
    record(record) {
      const known = followed.get(record.release)
      if (known === undefined && record.seq !== 1) return
      const where = `record ${record.seq} of release "${record.release}"`
      const entry = parseRecord(record.body, where)
      const snapshot = replayStep(known?.snapshot, entry, where)
      const release = known ? { ...known, snapshot } : begin(record, snapshot)
      followed.set(record.release, release)
      noteEvent(release, entry)
      follow(release, record.at)
      const status = statusOf(snapshot)
      if (!status.isFinished) return
      end(release, status)
      followed.delete(record.release)
    },
  }
}

function taskOf(snapshot: ReleaseSnapshot, id: string): Task | undefined {
  const track = snapshot.tracks[id]
  const state = stateOf(track)
  if (track === undefined || state === 'proposed' || state === 'promoted' || state === 'rolledBack') return undefined
  if (state.startsWith('rollingBack')) return { key: `${id}:rollback`, name: `${id} rollback`, isRollback: true }
  const step = currentStep(track.context)?.id ?? state
  return { key: `${id}:${step}:${track.context.generation}`, name: `${id} ${step}`, isRollback: false }
}

function endTask(span: Span, result: 'success' | 'failure', at: number): void {
  span.setAttribute('cicd.pipeline.task.run.result', result)
  if (result === 'failure') span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(at)
}
