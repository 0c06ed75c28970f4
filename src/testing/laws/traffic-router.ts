import type { CallOptions } from '../../ports/call-options.js'
import type { Route, TrafficRouter } from '../../ports/traffic-router.js'
import { call, ensure, givenUp, isRefused, isRefusedForGood, type Law, lawsOf } from './law.js'

/** A router to try, and versions to try it with. */
export interface TrafficRouterSubject {
  readonly router: TrafficRouter
  /** Both versions can take traffic, and stable has all of it. */
  readonly route: Required<Route>
  /** The same of another unit of the same router. */
  readonly otherRoute?: Required<Route>
  /** Another router for the same product, as the next process would make it. */
  readonly reopen?: () => TrafficRouter
  /** A version that runs nowhere. */
  readonly absentVersion?: string
  /** The product refuses fencing tokens lower than it has seen. */
  readonly fencing?: boolean
}

const law = lawsOf<TrafficRouterSubject>()

/** What every adapter of `TrafficRouter` obeys. One that can never tell a weight has no other choice than to declare divergences. */
export const trafficRouterLaws: readonly Law<TrafficRouterSubject>[] = [
  law('TR1', 'the weight that was set is the weight in force, from 0 to 100 % and back', [], async ({ router, route }) => {
    const { smallestStepPercent: step } = router.capabilities
    ensure(step > 0 && step <= 100, `the smallest step is ${step} %`)
    await isInForce(router, route, 0)
    for (const weight of [step, whole(router, 25), whole(router, 50), 100 - step, 100, whole(router, 50), step, 0, 100, 0]) {
      await set(router, route, weight)
      await isInForce(router, route, weight)
    }
  }),

  law('TR2', 'setting a weight twice is setting it once', [], async ({ router, route }) => {
    for (const weight of [whole(router, 50), 0]) {
      for (const idempotencyKey of ['set', 'set', 'another']) {
        await router.setWeight(route, weight, call({ idempotencyKey: `${idempotencyKey} ${weight}` }))
        await isInForce(router, route, weight)
      }
    }
  }),

  law('TR3', 'the weight in force is read from the product, so another process reads the same', ['reopen'], async (subject) => {
    const { router, route, reopen } = subject
    await set(router, route, whole(router, 50))
    const next = reopen()
    await isInForce(next, route, whole(router, 50))
    await set(next, route, 100)
    await isInForce(router, route, 100)
  }),

  law('TR4', 'what is no weight is refused for good, and changes nothing', [], async ({ router, route }) => {
    const before = whole(router, 50)
    await set(router, route, before)
    for (const weight of [-1, 100.5, 133, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await isRefusedForGood(`${weight} %`, () => set(router, route, weight))
      await isInForce(router, route, before)
    }
  }),

  law('TR5', 'a weight between two steps is refused for good, never rounded', [], async ({ router, route }) => {
    const before = whole(router, 50)
    const between = before + router.capabilities.smallestStepPercent / 2
    await set(router, route, before)
    await isRefusedForGood(`${between} %`, () => set(router, route, between))
    await isInForce(router, route, before)
  }),

  law('TR6', 'a version that was settled has all the traffic, however often it is said', [], async ({ router, route }) => {
    await set(router, route, whole(router, 50))
    for (const idempotencyKey of ['settle', 'settle', 'another']) {
      await router.settle({ unit: route.unit, version: route.canary }, call({ idempotencyKey }))
      await isInForce(router, route, 100)
      await isInForce(router, next(route), 0)
    }
  }),

  law('TR7', 'once a version was settled, the next release begins', [], async ({ router, route }) => {
    await set(router, route, whole(router, 50))
    await router.settle({ unit: route.unit, version: route.canary }, call({ idempotencyKey: 'settle' }))
    await set(router, next(route), whole(router, 50))
    await isInForce(router, next(route), whole(router, 50))
    await router.settle({ unit: route.unit, version: route.canary }, call({ idempotencyKey: 'roll back' }))
    await isInForce(router, next(route), 0)
  }),

  law('TR8', 'a version that runs nowhere gets no traffic, and nobody loses theirs', ['absentVersion'], async (subject) => {
    const { router, route, absentVersion } = subject
    await set(router, route, whole(router, 50))
    await isRefused('a weight', () => set(router, { ...route, canary: absentVersion }, 100))
    await isRefused('settling it', () => router.settle({ unit: route.unit, version: absentVersion }, call()))
    await isInForce(router, route, whole(router, 50))
  }),

  law('TR9', 'a weight is set without touching another unit, also at the same time', ['otherRoute'], async (subject) => {
    const { router, route, otherRoute } = subject
    await set(router, route, whole(router, 50))
    await isInForce(router, otherRoute, 0)
    await Promise.all([set(router, route, 0), set(router, otherRoute, whole(router, 50))])
    await isInForce(router, route, 0)
    await isInForce(router, otherRoute, whole(router, 50))
    await router.settle({ unit: route.unit, version: route.stable }, call())
    await isInForce(router, otherRoute, whole(router, 50))
  }),

  law('TR10', 'a call that was given up before it began changes nothing', [], async ({ router, route }) => {
    await set(router, route, whole(router, 50))
    await refusesAllChanges(router, route, givenUp)
    await isRefused('reading', () => router.getWeight(route, givenUp()))
    await isInForce(router, route, whole(router, 50))
  }),

  law('TR11', 'a process that is no longer in charge changes nothing', ['fencing'], async ({ router, route }) => {
    await router.setWeight(route, whole(router, 50), call({ fencingToken: 2 }))
    await refusesAllChanges(router, route, () => call({ idempotencyKey: 'too late', fencingToken: 1 }))
    await isInForce(router, route, whole(router, 50))
  }),
]

const set = (router: TrafficRouter, route: Route, weight: number) =>
  router.setWeight(route, weight, call({ idempotencyKey: `set ${weight}` }))

/** The nearest weight that the router can set, not above; coarse ones may have nothing between 0 and 100. */
function whole({ capabilities: { smallestStepPercent: step } }: TrafficRouter, weight: number): number {
  return Math.round(Math.floor(weight / step + 1e-9) * step * 100) / 100
}

/** What was the canary is stable now; the version before it comes again. */
const next = ({ unit, stable, canary }: Required<Route>): Required<Route> => ({ unit, stable: canary, canary: stable })

async function refusesAllChanges(router: TrafficRouter, route: Required<Route>, options: () => CallOptions): Promise<void> {
  await isRefused('setting a weight', () => router.setWeight(route, 100, options()))
  await isRefused('settling', () => router.settle({ unit: route.unit, version: route.canary }, options()))
}

async function isInForce(router: TrafficRouter, route: Route, weight: number): Promise<void> {
  const read = await router.getWeight(route, call())
  ensure(read === weight, `${weight} % should go to ${route.unit} ${route.canary}, and ${read} does`)
}
