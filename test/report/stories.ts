import { definePlan } from '../../src/plan/define-plan.js'
import { approve, bake, judge, run, shift, verify } from '../../src/plan/step.js'
import { allAtOnce, canary } from '../../src/plan/strategy.js'
import type { Comparison } from '../../src/vocabulary/measurement.js'
import { type Scene, type StoryOptions, story } from '../support/story.js'

/** One unit, one stage: 5 %, 25 %, everybody. */
export const small = definePlan({
  name: 'checkout',
  units: { checkout: { deploy: 'cluster', router: 'edge', metrics: 'prometheus' } },
  metrics: { errors: 'http_5xx', latency: 'http_duration' },
  judges: {
    healthy: {
      use: 'threshold',
      rules: [
        { metric: 'errors', statistic: 'ratio', max: 0.02, maxRatio: 3 },
        { metric: 'latency', statistic: 'p99', unit: 'ms', max: 600 },
      ],
    },
  },
  stages: [
    {
      name: 'production',
      strategy: canary(
        shift(5),
        bake('5m', { judge: 'healthy', patience: '2m' }),
        shift(25),
        bake('10m', { judge: 'healthy', patience: '2m' }),
        judge('healthy'),
      ),
    },
  ],
})

/** Staging before production, gates, a migration, two units of which one has no router. */
export const large = definePlan({
  name: 'shop',
  units: {
    checkout: { deploy: 'cluster', router: 'edge', metrics: 'prometheus', dependsOn: ['ledger'] },
    ledger: { deploy: 'cluster' },
  },
  metrics: small.metrics,
  judges: { healthy: small.judges.healthy as never },
  stages: [
    {
      name: 'staging',
      bindings: { deploy: 'staging-cluster', router: 'staging-edge', metrics: 'prometheus' },
      strategy: canary(shift(50), bake('2m', { judge: 'healthy', patience: '1m' }), verify('smoke-tests')),
    },
    {
      name: 'production',
      after: ['staging'],
      units: ['ledger'],
      gates: { before: [approve({ approver: 'chat', quorum: 2, roles: ['release-manager'], name: 'go-live' })] },
      strategy: allAtOnce({ after: [run('migrate-ledger', { undo: 'unmigrate-ledger' }), bake('1m')] }),
    },
    {
      name: 'europe',
      after: ['production'],
      units: ['checkout'],
      bindings: { deploy: 'cluster', router: 'edge' },
      strategy: canary(shift(10), bake('5m', { judge: 'healthy', patience: '2m' })),
    },
  ],
})

/** The same for every run: between -1 and 1, without a visible pattern. */
const noise = (at: number, salt: number) => Math.sin(at / 7_919 + salt * 13.7) * Math.cos(at / 3_301 + salt)

/** Latencies around a median, with a long tail. */
function latencies(at: number, medianMs: number, salt: number) {
  return Array.from({ length: 200 }, (_, i) => {
    const rank = (i + 0.5) / 200
    return Math.round(medianMs * (1 + 0.08 * noise(at, salt)) * (0.6 + 0.9 * rank + 1.4 * rank ** 12))
  })
}

/** Ordinary traffic: about half a percent of errors, p99 around 330 ms. `worse` multiplies what the canary has. */
export function traffic(worse: (scene: Scene) => number = () => 1) {
  return (scene: Scene): Comparison => {
    const { metric, to, weight } = scene
    const times = worse(scene)
    const counts = (share: number, factor: number, salt: number) => {
      const total = Math.round(40_000 * share * (1 + 0.15 * noise(to, salt)))
      return { kind: 'counts', total, bad: Math.round(total * 0.005 * factor * (1 + 0.5 * noise(to, salt + 1))) } as const
    }
    if (metric === 'errors') return { canary: counts(weight / 100, times, 1), control: counts(1 - weight / 100, 1, 5) }
    return {
      canary: { kind: 'samples', values: latencies(to, 130 * (1 + (times - 1) / 8), 9) },
      control: { kind: 'samples', values: latencies(to, 125, 12) },
    }
  }
}

const promotedOptions: StoryOptions = { measure: traffic() }

/** Promoted without any trouble. */
export const promoted = () => story(small, promotedOptions)

/** Errors grow after a quarter of the traffic is on the canary, and it goes back. */
export const rolledBack = () =>
  story(small, {
    release: 'checkout-43',
    measure: traffic(({ sinceStart }) => (sinceStart > 500_000 ? 1 + (sinceStart - 500_000) / 40_000 : 1)),
    answer: (order, nth) =>
      order.key.includes('rollback:shift') && nth === 1
        ? { type: 'effect.failed', code: 'adapter/unavailable', says: 'edge answered 503 to weight 0.\nTry again later.' }
        : undefined,
  })

const ann = { id: 'ann@example.org', roles: ['release-manager'] }
const ben = { id: 'ben@example.org', roles: ['release-manager'] }
const cleo = { id: 'cleo@example.org', roles: ['release-manager'] }
const gate = 'production:before#go-live'

/** Two stages and a gate; the author's own approval is refused, two others come, and there is a pause in between. */
export const approved = () =>
  story(large, {
    release: 'shop-7',
    artifacts: { checkout: { version: '2.0.0' }, ledger: { version: '14' } },
    measure: traffic(),
    author: ann,
    people: [
      [100_000, { type: 'pause.requested', actor: cleo, reason: 'I want to see the graphs first' }],
      [400_000, { type: 'resume.requested', actor: cleo }],
      [900_000, { type: 'approval.granted', gate, actor: ann, reason: 'trust me' }],
      [1_200_000, { type: 'approval.granted', gate, actor: ben, reason: 'looks good' }],
      [2_000_000, { type: 'approval.granted', gate, actor: cleo, reason: 'go' }],
    ],
  })

/** Metrics stop in the middle of a bake, so that it is held for a human; nobody has answered yet. */
export const held = () =>
  story(small, {
    release: 'checkout-44',
    measure: (scene) => {
      const outage = { kind: 'missing', reason: 'outage', detail: 'prometheus answered 502' } as const
      return scene.sinceStart < 200_000 ? traffic()(scene) : { canary: outage, control: outage }
    },
    untilMs: 600_000,
  })

/** The way it went, up to some time after the start. */
export const underWay = (untilMs: number) => story(small, { ...promotedOptions, untilMs })

/** Everything that has tried to get out of its place, in texts that people and products may choose. */
const evil =
  '<img src=x onerror=alert(1)>\u001b[2J\u202egnp.exe\u0007 ::error::x ##[add-mask]y\r\n::stop-commands::z | [a](http://evil) `@team` & \'"'

/** A person, a metrics source, a hook and a deploy target with bad intentions. */
export const hostile = () =>
  story(small, {
    release: 'checkout-45',
    author: { id: evil },
    people: [[90_000, { type: 'pause.requested', actor: { id: evil }, reason: evil }]],
    measure: () => {
      const missing = { kind: 'missing', reason: 'outage', detail: evil } as const
      return { canary: missing, control: missing }
    },
    answer: (order, nth) =>
      order.type === 'metrics.look' && nth === 1 && order.key.includes(':2:')
        ? { type: 'effect.failed', code: 'adapter/unavailable', says: evil }
        : undefined,
  })
