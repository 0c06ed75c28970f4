import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { telemetry } from '../../src/observability/telemetry.js'
import { ann, badCanary, ended, pretend } from '../support/pretended.js'

function collector() {
  const spans = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer('test')
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
  return {
    observer: telemetry({ tracer, meter }),
    spans: () => spans.getFinishedSpans(),
    async points(name: string) {
      await reader.forceFlush()
      const all =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
      return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
    },
  }
}

test('a release is one span, with a span for each step below it, at the instants of the journal', async () => {
  const { observer, spans, points } = collector()
  const { start, clock } = pretend({ observers: [observer] })
  const begun = clock.now()
  const handle = await start()
  await ended(clock, handle)
  const [root] = spans().filter(({ parentSpanContext }) => parentSpanContext === undefined)
  expect(root).toMatchObject({
    name: 'RUN checkout',
    attributes: { 'cicd.pipeline.run.id': 'r1', 'cicd.pipeline.result': 'success', 'taxiway.author': 'ann@example.com' },
  })
  expect(root!.startTime[0] * 1_000).toBe(begun)
  const steps = spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === root!.spanContext().spanId)
  expect(steps.map(({ name }) => name)).toEqual(
    ['deploy', 'shift-1', 'bake-2', 'shift-3', 'bake-4', 'shift-all', 'promote', 'retire'].map(
      (step) => `production/checkout ${step}`,
    ),
  )
  expect(steps.find(({ name }) => name.endsWith('bake-2'))!.duration[0]).toBe(60)
  expect(await points('cicd.pipeline.run.active')).toMatchObject([{ value: 0 }])
  expect(await points('cicd.pipeline.run.duration')).toMatchObject([
    { attributes: { 'cicd.pipeline.name': 'checkout', 'cicd.pipeline.result': 'success' }, value: { count: 1, sum: 120 } },
  ])
})

test('a rolled back release is an error that names its cause, and an aborted one a cancellation', async () => {
  const bad = collector()
  const failed = pretend({ observers: [bad.observer], measure: badCanary })
  await ended(failed.clock, await failed.start())
  const root = bad.spans().find(({ name }) => name === 'RUN checkout')!
  expect(root.attributes).toMatchObject({ 'cicd.pipeline.result': 'failure', 'error.type': 'verdict/fail' })
  expect(root.status).toMatchObject({ code: SpanStatusCode.ERROR, message: expect.stringContaining('canary ratio 10 %') })
  expect(bad.spans().find(({ name }) => name.endsWith('bake-2'))!.attributes['cicd.pipeline.task.run.result']).toBe('failure')
  expect(bad.spans().find(({ name }) => name.endsWith('rollback'))!.attributes['cicd.pipeline.task.run.result']).toBe('success')

  const cancelled = collector()
  const aborted = pretend({ observers: [cancelled.observer] })
  const handle = await aborted.start()
  await aborted.clock.advance(10_000)
  await handle.abort({ actor: ann, reason: 'drill' })
  await ended(aborted.clock, handle)
  const run = cancelled.spans().find(({ name }) => name === 'RUN checkout')!
  expect(run.attributes['cicd.pipeline.result']).toBe('cancellation')
  expect(run.events.map(({ name }) => name)).toContain('taxiway.abort.requested')
})

test('a tracer that throws changes nothing in the release', async () => {
  const broken = {
    startSpan: () => {
      throw new Error('no exporter')
    },
  } as never
  const { start, clock } = pretend({ observers: [telemetry({ tracer: broken })] })
  const handle = await start()
  await ended(clock, handle)
  expect((await handle.result).status).toBe('promoted')
})
