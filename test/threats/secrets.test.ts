/** S6, S17, I45: credentials are had when they are used, and are written nowhere. */
import { inspect } from 'node:util'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, expect, test, vi } from 'vitest'
import { httpApproval } from '../../adapters/http-approval/index.js'
import { connectHttpProxy } from '../../adapters/http-proxy/index.js'
import { kubernetesClient } from '../../adapters/kubernetes/index.js'
import { openMetricsSource } from '../../adapters/openmetrics/index.js'
import { prometheusSource } from '../../adapters/prometheus/index.js'
import { unleashFlagService } from '../../adapters/unleash/index.js'
import { webhook } from '../../adapters/webhook/index.js'
import { telemetry } from '../../src/observability/telemetry.js'
import { approve, bake, shift, verify } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { CallOptions } from '../../src/ports/call-options.js'
import type { JournalRecord } from '../../src/ports/journal.js'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { githubSummary } from '../../src/report/github.js'
import { htmlReport } from '../../src/report/html-report.js'
import { progressView } from '../../src/report/progress.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { secret, withoutSecrets } from '../../src/vocabulary/secret.js'
import { canaryPlan, ended, pretend } from '../support/pretended.js'

/** Each is written differently in base64, in a URL and in JSON. */
const canaries = ['unleash', 'proxy', 'prometheus', 'webhook', 'links', 'callback'].map(
  (name) => [name, `c4nary ${name} /+?&= "quoted" \\ ${'xyz'.repeat(8)}`] as const,
)
const secretOf = Object.fromEntries(canaries)

const forms = (value: string) => [
  value,
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  Buffer.from(value).toString('base64url'),
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
]
/** Which canaries a text holds, in any of their forms. */
const found = (text: string) =>
  canaries.flatMap(([name, value]) => (forms(value).some((form) => text.includes(form)) ? [name] : []))

afterEach(() => vi.restoreAllMocks())

/** A product that answers with all it was told in confidence, in every form. */
const echo = (status: number, bodyOf: (said: string) => unknown) =>
  (async (_: unknown, init?: RequestInit) => {
    const told = new Headers(init?.headers).get('authorization') ?? ''
    const said = `no ${told.replace(/^Bearer /, '')} | ${forms(told.replace(/^Bearer /, '')).join(' | ')}`
    return new Response(JSON.stringify(bodyOf(said)), { status })
  }) as typeof globalThis.fetch

const broken = (async (_: unknown, init?: RequestInit) => {
  const told = new Headers(init?.headers).get('authorization')
  throw new TypeError(`Headers.append: "${told}" is an invalid header value.`, { cause: new Error(String(told)) })
}) as typeof globalThis.fetch

const of = (name: string) => ({ name, labels: { version: '$version' } })
const query = { total: of('requests_total'), bad: of('failures_total'), reduce: 'sum' }

const revealed: string[] = []
const canaryOf = (name: string) =>
  secret(() => {
    revealed.push(name)
    return secretOf[name]!
  })

/** Everything a release with these products writes anywhere, and every error it meets. */
async function written(fetches: Record<'unleash' | 'proxy' | 'prometheus', typeof globalThis.fetch>) {
  const out: string[] = []
  const keep = (...items: unknown[]) =>
    void out.push(items.map((item) => (typeof item === 'string' ? item : inspect(item))).join())
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, name).mockImplementation(keep)
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(((text: string) => out.push(text) > 0) as never)

  const flags = unleashFlagService({
    url: 'https://unleash.example.com',
    token: canaryOf('unleash'),
    environment: 'production',
    fetch: fetches.unleash,
  })
  const proxy = connectHttpProxy({ url: 'http://127.0.0.1:9', token: canaryOf('proxy'), fetch: fetches.proxy })
  const metrics = prometheusSource({
    url: 'http://prometheus:9090',
    headers: async () => {
      revealed.push('prometheus')
      return { authorization: `Bearer ${secretOf.prometheus}` }
    },
    fetch: fetches.prometheus,
  })
  const clock = virtualClock()
  const spans = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer('test')
  const posts: string[] = []
  const hooks = webhook({
    url: 'https://hooks.example.com/',
    allow: ['hooks.example.com'],
    secrets: [canaryOf('webhook')],
    source: 'https://releases.example.com/',
    clock,
    post: async (_, { headers, body }) => {
      posts.push(JSON.stringify(headers), body)
      throw new Error(`who is ${secretOf.webhook}?`)
    },
    attempts: 2,
    dropped: keep,
  })
  const approval = httpApproval({
    keys: { hmac: [canaryOf('links')] },
    callbackSecrets: [canaryOf('callback')],
    baseUrl: 'https://releases.example.com/approvals',
    audience: () => [{ id: 'bob@example.com' }],
    deliver: async (links) => void posts.push(JSON.stringify(links)),
    bindingOf: async () => undefined,
    onAnswer: async () => {},
    refused: keep,
  })
  const pages: Request[] = [
    new Request('https://releases.example.com/approvals?token=x.y'),
    new Request('https://releases.example.com/approvals', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }),
  ]
  const view = progressView({ write: keep, clock, isTty: false, ci: 'github' })
  const hook = {
    flag: async (_: unknown, options: CallOptions) => {
      await flags.setRollout('checkout', 5, options)
      return { outcome: 'pass', says: 'on' } as const
    },
  }
  const observers = [telemetry({ tracer }), hooks, view]
  for (const page of pages) keep(await (await approval.handle(page)).text())
  const errors: unknown[] = []
  const steps = [
    [shift(5), approve({})],
    [approve({ approver: 'links' }), verify('flag', { timeout: '1m' }), shift(5), approve({})],
    [shift(5), bake('1m', { judge: 'healthy' })],
  ]
  const records: JournalRecord[] = []
  for (const [index, list] of steps.entries()) {
    // Where the proxy is asked, nothing ever ends; elsewhere a release comes to its report.
    const router = index === 0 ? { router: { proxy: { ...proxy, getWeight: onceQuiet(proxy.getWeight) } } } : {}
    const adapters = { approver: { links: approval }, metrics: { scrape: metrics }, hook, ...router }
    const pretended = pretend({ observers, adapters, clock })
    const plan = {
      ...canaryPlan,
      metrics: { errors: query },
      stages: [{ name: 'production', strategy: canary(...list), onFailure: 'rollback' }],
    }
    const id = `r${index + 1}`
    const handle = await pretended.start(plan, { id }).catch((error) => void errors.push(error))
    if (!handle) continue
    await clock.advance(60_000)
    const gate = handle.status().waiting[0]?.gate
    if (gate) await handle.approve({ actor: { id: 'bob@example.com' }, reason: 'Go.', gate })
    await clock.advance(10 * 60_000)
    keep(handle.status())
    await handle.abort({ actor: { id: 'bob@example.com' }, reason: 'Stop.' }).catch(() => {})
    await clock.advance(3_600_000)
    records.push(...pretended.journal.records)
    keep(htmlReport(pretended.journal.records), githubSummary(pretended.journal.records))
  }
  const options = { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 }
  const route = { unit: 'checkout', canary: '2' }
  const calls = [() => flags.getRollout('checkout', options), () => proxy.getWeight(route, options)]
  for (const call of calls) await call().catch((error) => errors.push(error))
  for (const error of errors) keep(error, String((error as Error).cause), JSON.stringify(error), (error as Error).stack)
  keep(
    JSON.stringify(
      spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    ),
  )
  keep({ flags, proxy, metrics, hooks, approval }, { records }, JSON.stringify(records))
  view.close()
  vi.restoreAllMocks()
  return { text: [...out, ...posts].join('\n'), errors, spans: spans.getFinishedSpans().length, records: records.length }
}

/** The question before the start is answered, so that there is a release in which the product then fails. */
function onceQuiet(getWeight: TrafficRouter['getWeight']): TrafficRouter['getWeight'] {
  let isFirst = true
  return async (...question) => {
    if (!isFirst) return getWeight(...question)
    isFirst = false
    return 0
  }
}

test.each([
  ['refuse for good, and quote the credential', 401, { unleash: 401, proxy: 409, prometheus: 400 }],
  ['fail, and quote the credential', 503, { unleash: 503, proxy: 409, prometheus: 422 }],
] as const)('when products %s, it is found nowhere in what a release writes', async (_, __, status) => {
  revealed.length = 0
  const { text, errors, spans } = await written({
    unleash: echo(status.unleash, (message) => ({ message, details: [{ message }] })),
    proxy: echo(status.proxy, (message) => ({ code: 'adapter/rejected', message })),
    prometheus: echo(status.prometheus, (error) => ({ status: 'error', errorType: 'bad_data', error })),
  })
  expect(found(text)).toEqual([])
  // It would prove nothing had they not been used, or had nothing been written.
  expect(new Set(revealed)).toEqual(new Set(canaries.map(([name]) => name)))
  expect([text.length > 50_000, text.includes('…'), errors.length, spans > 5]).toEqual([true, true, 2, true])
})

test('when the network breaks with the credential in its error, it is found nowhere in what a release writes', async () => {
  const { text, errors } = await written({ unleash: broken, proxy: broken, prometheus: broken })
  expect(found(text)).toEqual([])
  expect([text.length > 50_000, errors.length]).toEqual([true, 2])
})

test('a URL with a user or a password in it is refused, and not shown', async () => {
  const token = secret(() => 'token-of-tests')
  const password = 'c4nary-password'
  for (const user of [`ann:${password}`, password]) {
    const url = `https://${user}@10.0.0.1:8443/`
    const makers: readonly (() => unknown)[] = [
      () => unleashFlagService({ url, token, environment: 'production' }),
      () => connectHttpProxy({ url, token }),
      () => prometheusSource({ url }),
      () => kubernetesClient({ server: url, token }),
      () => webhook({ url, allow: ['https://10.0.0.1:8443'], secrets: [token], source: 'test', clock: virtualClock() }),
      () => {
        const nobody = { audience: () => [], deliver: async () => {}, bindingOf: async () => undefined, onAnswer: async () => {} }
        return httpApproval({ keys: { hmac: [token] }, baseUrl: url, ...nobody })
      },
      async () => {
        const source = openMetricsSource({ instances: async () => [url] })
        const of = { unit: 'checkout', versions: { canary: '2' }, queries: { errors: query }, from: 0, to: 1 }
        await source.read(of, { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 })
      },
    ]
    for (const make of makers) {
      const error = await (async () => make())().catch((thrown) => thrown)
      expect(error).toMatchObject({ code: expect.stringMatching(/^(input\/invalid|adapter\/rejected)$/) })
      expect(inspect(error, { depth: 9 })).not.toContain('c4nary')
    }
  }
})

test('what the API server of a cluster quotes of its credential is left out', async () => {
  for (const fetch of [401, 403, 500]
    .map((code) => echo(code, (message) => ({ kind: 'Status', code, message })))
    .concat(broken)) {
    const client = kubernetesClient({ server: 'https://10.0.0.1:6443', token: secret(() => secretOf.proxy), fetch })
    const error = await client.get('/apis/apps/v1', new AbortController().signal).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: expect.stringMatching(/^adapter\//) })
    expect(found(inspect(error, { depth: 9 }))).toEqual([])
  }
})

test('what Prometheus quotes of its credential is left out', async () => {
  for (const fetch of [echo(400, (error) => ({ status: 'error', errorType: 'bad_data', error })), broken]) {
    const source = prometheusSource({
      url: 'http://prometheus:9090',
      headers: async () => ({ authorization: `Bearer ${secretOf.prometheus}` }),
      fetch,
    })
    const request = {
      unit: 'checkout',
      versions: { canary: '2', control: '1' },
      queries: { errors: query },
      from: 0,
      to: 60_000,
    } as const
    const options = { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 }
    const answer: unknown = await source.read(request, options).catch((error) => [error.message, inspect(error)])
    expect(found(inspect(answer, { depth: 9 }))).toEqual([])
  }
})

test('a secret is written down as [secret], whatever writes it', async () => {
  const hidden = secret(() => secretOf.links)
  const ways = [
    JSON.stringify({ hidden, list: [hidden] }),
    `${hidden}`,
    String(hidden),
    inspect(hidden, { depth: 9, showHidden: true }),
    inspect({ hidden }, { depth: 9 }),
    JSON.stringify(Object.entries(hidden)),
    JSON.stringify({ ...hidden }),
    JSON.stringify(structuredClone({ ...hidden })),
    String(hidden.reveal),
  ]
  expect(found(ways.join('\n'))).toEqual([])
  expect(ways.slice(0, 5).every((way) => way.includes('[secret]'))).toBe(true)
  expect(await hidden.reveal()).toBe(secretOf.links)
})

test('a secret is asked for at every use, so that one that changes in the middle of a release is the right one', async () => {
  const sent: (string | null)[] = []
  let current = 'first-token'
  const fetch = (async (_: unknown, init?: RequestInit) => {
    sent.push(new Headers(init?.headers).get('authorization'))
    return new Response(JSON.stringify({ result: 5 }))
  }) as typeof globalThis.fetch
  const proxy = connectHttpProxy({ url: 'http://127.0.0.1:9', token: secret(() => current), fetch })
  const options = { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 }
  await proxy.getWeight({ unit: 'checkout', canary: '2' }, options)
  current = 'second-token'
  await proxy.getWeight({ unit: 'checkout', canary: '2' }, options)
  expect(sent).toEqual(['Bearer first-token', 'Bearer second-token'])
})

test('a secret that cannot be had is an error without a word of its provider', async () => {
  const providers = [
    () => undefined,
    () => '',
    async () => undefined,
    () => {
      throw new Error(secretOf.links)
    },
    async () => {
      throw new Error(secretOf.links)
    },
  ]
  for (const provide of providers) {
    const error = await secret(provide)
      .reveal()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'adapter/unavailable', message: expect.stringMatching(/^A secret could not be had/) })
    expect(found(inspect(error))).toEqual([])
  }
})

test('nothing that is recorded takes a secret: not a plan, not an author, not a signal', async () => {
  const hidden = secret(() => secretOf.links) as never
  const { start, clock, journal } = pretend({ adapters: { hook: { smoke: async () => ({ outcome: 'pass', says: '' }) } } })
  const plans = [
    { ...canaryPlan, metrics: { errors: hidden } },
    { ...canaryPlan, metrics: { errors: { authorization: hidden } } },
    {
      ...canaryPlan,
      stages: [{ name: 'production', strategy: canary(verify('smoke', { input: { token: hidden } }), shift(5)) }],
    },
    { ...canaryPlan, name: hidden },
  ]
  for (const plan of plans) await expect((async () => start(plan))()).rejects.toMatchObject({ code: 'plan/invalid' })
  await expect(start(undefined, { author: { id: hidden } })).rejects.toMatchObject({ code: 'input/invalid' })
  await expect(start(undefined, { artifacts: { checkout: hidden } })).rejects.toMatchObject({ code: 'input/invalid' })
  expect(journal.records).toEqual([])
  const handle = await start()
  await expect(handle.pause({ actor: { id: 'bob' }, reason: hidden })).rejects.toMatchObject({ code: 'input/invalid' })
  await ended(clock, handle)
  expect(found(JSON.stringify(journal.records))).toEqual([])
})

test('what is left out of a text is all that holds a secret, and nothing else', () => {
  for (const [name, value] of canaries) {
    for (const form of forms(value)) expect(found(withoutSecrets(`a ${form} b ${form}`, [value]))).not.toContain(name)
    expect(withoutSecrets('a plain text', [value, '', 'a', 'plain'])).toBe('a plain text')
  }
})
