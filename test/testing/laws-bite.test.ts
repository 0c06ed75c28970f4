import { expect, test } from 'vitest'
import type { CallOptions } from '../../src/ports/call-options.js'
import {
  approverLaws,
  clockLaws,
  deployTargetLaws,
  flagServiceLaws,
  hookLaws,
  journalLaws,
  type Law,
  leaseLaws,
  type Make,
  metricsSourceLaws,
  type ObserverSubject,
  observerLaws,
  recordingObserver,
  trafficRouterLaws,
  virtualClock,
} from '../../src/testing/index.js'
import { collect } from '../../src/testing/laws/law.js'
import * as subjects from './subjects.js'

/** Breaks a sound subject in one place, and names the law that has to notice. */
type Bug<Subject> = readonly [id: string, bug: string, plant: (sound: Subject) => Subject | Promise<Subject>]

function catches<Subject extends object>(
  laws: readonly Law<Subject>[],
  make: Make<Subject>,
  bugs: readonly Bug<Subject>[],
): void {
  test.each(bugs)('%s notices %s', async (id, _, plant) => {
    const { check } = laws.find((law) => law.id === id)!
    const planted = await plant(await make())
    const outcome = await check(() => planted).then(
      () => 'nothing was noticed',
      (error: Error) => error.message,
    )
    expect(outcome).not.toMatch(/nothing was noticed|cannot be tried/)
  })
}

/** One part of a subject does something otherwise. */
const otherwise =
  <Subject, Part extends keyof Subject>(part: Part, change: (sound: Subject[Part] & {}) => Partial<Subject[Part]>) =>
  (subject: Subject): Subject => ({ ...subject, [part]: { ...subject[part], ...change(subject[part]!) } })

const nothing = async () => {}
const deaf = (options: CallOptions): CallOptions => ({ ...options, signal: new AbortController().signal })
const fencing = { fencing: true }

catches(deployTargetLaws, subjects.target, [
  ['DT1', 'a deploy that only says so', otherwise('target', () => ({ deploy: nothing }))],
  [
    'DT2',
    'one more instance with each deploy',
    otherwise('target', ({ deploy, observe }) => {
      let instances = 0
      return {
        deploy: (...call) => deploy(...call).then(() => void instances++),
        async observe(...call) {
          const state = await observe(...call)
          return { ...state, versions: state.versions.map((version) => ({ ...version, instances })) }
        },
      }
    }),
  ],
  [
    'DT3',
    'a canary that takes the place of stable',
    otherwise('target', ({ deploy, promote }) => ({
      deploy: (request, options) =>
        deploy(request, options).then(() => (request.role === 'canary' ? promote(request, options) : undefined)),
    })),
  ],
  [
    'DT4',
    'a promotion that stops the version before',
    otherwise('target', ({ promote, retire }) => ({
      promote: (request, options) =>
        promote(request, options).then(() => retire({ unit: request.unit, artifact: { version: 'v1' } }, options)),
    })),
  ],
  [
    'DT6',
    'a promotion that deploys by the way',
    otherwise('target', ({ deploy, promote }) => ({
      promote: (request, options) => deploy({ ...request, role: 'stable' }, options).then(() => promote(request, options)),
    })),
  ],
  ['DT7', 'a retirement that only says so', otherwise('target', () => ({ retire: nothing }))],
  [
    'DT9',
    'a key that is good for one deploy of a version',
    otherwise('target', ({ deploy }) => {
      const seen = new Set<string>()
      const isFirst = (version: string) => !seen.has(version) && seen.add(version)
      return { deploy: async (...call) => void (isFirst(call[0].artifact.version) && (await deploy(...call))) }
    }),
  ],
  ['DT10', 'a state that other processes do not see', (s) => ({ ...s, reopen: () => subjects.target().target })],
  ['DT11', 'a version that is called ready and is not', (s) => ({ ...s, broken: { version: 'v3' } })],
  [
    'DT12',
    'a target that does not hear its signal',
    otherwise('target', ({ retire }) => ({ retire: (request, options) => retire(request, deaf(options)) })),
  ],
  ['DT13', 'an old owner who is obeyed', (s) => ({ ...s, ...fencing })],
])

catches(trafficRouterLaws, subjects.router, [
  ['TR1', 'a weight that is only said to be set', otherwise('router', () => ({ setWeight: nothing }))],
  ['TR1', 'a router that never knows', otherwise('router', () => ({ getWeight: async () => 'unknown' }))],
  [
    'TR2',
    'weights that add up',
    otherwise('router', ({ setWeight, getWeight }) => ({
      async setWeight(route, weight, options) {
        const sum = Number(await getWeight(route, options)) + weight
        await setWeight(route, weight === 0 ? 0 : Math.min(100, sum), options)
      },
    })),
  ],
  [
    'TR3',
    'a weight that other processes do not see',
    async (s) => {
      const { router } = await subjects.router()
      return { ...s, reopen: () => router }
    },
  ],
  [
    'TR4',
    'weights that are forced into their range',
    otherwise('router', ({ setWeight }) => ({
      setWeight: (route, weight, options) => setWeight(route, Math.max(0, Math.min(100, weight || 0)), options),
    })),
  ],
  [
    'TR5',
    'weights that are rounded',
    otherwise('router', ({ setWeight }) => ({
      setWeight: (route, weight, options) => setWeight(route, Math.round(weight), options),
    })),
  ],
  ['TR6', 'a version that is only said to be settled', otherwise('router', () => ({ settle: nothing }))],
  ['TR8', 'traffic for whatever version', (s) => ({ ...s, absentVersion: 'v1' })],
  [
    'TR9',
    'one split for all units',
    otherwise('router', ({ setWeight, getWeight }) => ({
      setWeight: (route, ...rest) => setWeight({ ...route, unit: 'checkout' }, ...rest),
      getWeight: (route, ...rest) => getWeight({ ...route, unit: 'checkout' }, ...rest),
    })),
  ],
  [
    'TR10',
    'a router that does not hear its signal',
    otherwise('router', ({ settle }) => ({ settle: (route, options) => settle(route, deaf(options)) })),
  ],
  ['TR11', 'an old owner who is obeyed', (s) => ({ ...s, ...fencing })],
])

catches(metricsSourceLaws, subjects.metrics, [
  ['MS1', 'counts where standing counters were announced', otherwise('source', () => ({ temporality: 'cumulative' as const }))],
  [
    'MS2',
    'versions that are taken for each other',
    otherwise('source', ({ read }) => ({
      read: (request, options) => read({ ...request, versions: { canary: 'v2', control: 'v1' } }, options),
    })),
  ],
  [
    'MS4',
    'an answer that is used up',
    otherwise('source', ({ read }) => {
      let reads = 0
      return {
        read: (request, options) =>
          read(reads++ === 0 ? request : { ...request, versions: { ...request.versions, canary: 'v3' } }, options),
      }
    }),
  ],
  ['MS6', 'a number for whatever version', (s) => ({ ...s, absentVersion: 'v1' })],
  ['MS7', 'samples from outside the interval', (s) => ({ ...s, quiet: { from: 0, to: 1 } })],
  ['MS9', 'queries that nobody checks', (s) => ({ ...s, impossible: 'SELECT' })],
  ['MS10', 'numbers from a product that is down', (s) => ({ ...s, breakDown: nothing })],
])

catches(flagServiceLaws, subjects.flags, [
  [
    'FS6',
    'shares that are rounded',
    otherwise('service', ({ setRollout }) => ({
      setRollout: (flag, percent, options) => setRollout(flag, Math.round(percent), options),
    })),
  ],
  ['FS9', 'an old owner who is obeyed', (s) => ({ ...s, ...fencing })],
])

catches(approverLaws, subjects.approver, [
  [
    'AP2',
    'a rejection that becomes an approval',
    (s) => ({ ...s, answer: (request, answer) => s.answer!(request, { ...answer, decision: 'approve' }) }),
  ],
  [
    'AP3',
    'one answer for all questions',
    otherwise('approver', ({ request }) => {
      let first: ReturnType<typeof request> | undefined
      return {
        request(...call) {
          first ??= request(...call)
          return first
        },
      }
    }),
  ],
  ['AP6', 'a question that was lost', (s) => ({ ...s, breakDown: nothing, approver: { request: async () => undefined } })],
  [
    'AP7',
    'an approver that does not hear its signal',
    otherwise('approver', ({ request }) => ({
      async request(question, options) {
        void request(question, deaf(options))
        return undefined
      },
    })),
  ],
])

catches(hookLaws, subjects.hook, [
  ['HK1', 'silence', (s) => ({ ...s, hook: async () => ({ outcome: 'pass', says: '' }) })],
  [
    'HK3',
    'a second effect',
    (s) => {
      let calls = 0
      return { ...s, hook: (request, options) => s.hook(request, { ...options, idempotencyKey: `${++calls}` }) }
    },
  ],
  [
    'HK4',
    'a second effect after a crash',
    (s) => ({ ...s, reopen: () => (request, options) => s.hook(request, { ...options, idempotencyKey: 'another' }) }),
  ],
  ['HK5', 'a hook that does not hear its signal', (s) => ({ ...s, hook: (request, options) => s.hook(request, deaf(options)) })],
])

catches(journalLaws, subjects.journal, [
  [
    'JO1',
    'records in reverse',
    otherwise('journal', ({ read }) => ({
      async *read(release) {
        yield* (await collect(read(release))).reverse()
      },
    })),
  ],
  [
    'JO3',
    'a gap that is closed without a word',
    otherwise('journal', ({ append }) => {
      let seq = 0
      return { append: (record) => append({ ...record, seq: ++seq }) }
    }),
  ],
  [
    'JO4',
    'numbers that lose digits',
    otherwise('journal', ({ append }) => ({
      append: ({ body, ...record }) => append({ ...record, body: typeof body === 'number' ? Math.fround(body) : body }),
    })),
  ],
  [
    'JO6',
    'releases by name',
    otherwise('journal', ({ releases }) => ({
      async *releases() {
        yield* (await collect(releases())).sort()
      },
    })),
  ],
  ['JO10', 'a closed journal that takes more', otherwise('journal', () => ({ close: nothing }))],
  ['JO11', 'records that end with their process', (s) => ({ ...s, reopen: () => subjects.journal().journal })],
  ['JO13', 'one token for all owners', (s) => ({ ...s, reopen: async () => ({ ...(await s.reopen!()), fencingToken: 1 }) })],
  ['JO14', 'two owners at once', (s) => ({ ...s, reopen: () => subjects.journal().journal })],
  ['JO15', 'an old owner who writes on', (s) => ({ ...s, takeOver: () => s.journal })],
])

const oldToken = async (acquiring: ReturnType<ReturnType<typeof subjects.leases>['lease']['acquire']>) => {
  const held = await acquiring
  return 'release' in held ? { ...held, fencingToken: 0 } : held
}
catches(leaseLaws, subjects.leases, [
  ['LE2', 'one lease for two', (s) => ({ ...s, other: subjects.leases().other })],
  [
    'LE3',
    'a token that does not grow',
    otherwise('lease', ({ acquire }) => ({ acquire: (...call) => oldToken(acquire(...call)) })),
  ],
  ['LE9', 'a held lease that is called vacant', otherwise('other', () => ({ vacant: async (releases) => releases }))],
  [
    'LE10',
    'a successor with an old token',
    otherwise('other', ({ acquire }) => ({ acquire: (...call) => oldToken(acquire(...call)) })),
  ],
])

function heard(): ObserverSubject {
  const observer = recordingObserver()
  return { observer, arrived: async () => observer.records }
}
catches(observerLaws, heard, [
  [
    'OB1',
    'an observer that changes what it is told',
    otherwise('observer', () => ({ record: (record) => void Object.assign(record, { seen: true }) })),
  ],
  ['OB1', 'an observer that lets others wait', otherwise('observer', () => ({ record: nothing }))],
  ['OB4', 'records that do not arrive', otherwise('observer', () => ({ record: () => {} }))],
  [
    'OB5',
    'an observer that ends at the first odd record',
    otherwise('observer', ({ record }) => {
      let isOver = false
      return {
        record(told) {
          isOver ||= told.release === 'odd'
          if (!isOver) record(told)
        },
      }
    }),
  ],
])

const virtual = () => {
  const clock = virtualClock()
  return { clock, pass: clock.advance }
}
catches(clockLaws, virtual, [
  ['CL1', 'parts of milliseconds', otherwise('clock', ({ now }) => ({ now: () => now() + 0.5 }))],
  ['CL2', 'time that stands still', (s) => ({ ...s, pass: nothing })],
  ['CL3', 'a timer that is early', otherwise('clock', ({ at }) => ({ at: (instant, call) => at(instant - 5, call) }))],
  [
    'CL4',
    'timers in reverse',
    otherwise('clock', ({ at, now }) => ({ at: (instant, call) => at(now() + 50 - (instant - now()), call) })),
  ],
  [
    'CL5',
    'a timer that cannot be cancelled',
    otherwise('clock', ({ at }) => ({
      at(instant, call) {
        at(instant, call)
        return () => {}
      },
    })),
  ],
  [
    'CL7',
    'a far timer that overflows',
    otherwise('clock', ({ at, now }) => ({ at: (instant, call) => at(now() + ((instant - now()) | 0), call) })),
  ],
])
