import { test } from 'vitest'
import { lawCases } from '../../../src/testing/laws/law-cases.js'
import { trafficRouterLaws } from '../../../src/testing/laws/traffic-router.js'
import { mesh, route } from './set-up.js'

for (const kind of ['HTTPRoute', 'GRPCRoute'] as const) {
  const cases = lawCases(
    trafficRouterLaws,
    async () => {
      const { router, place } = await mesh()
      const units = { checkout: { ...place, kind }, billing: { ...place, route: 'other' } }
      return { router: router(units), route, otherRoute: { ...route, unit: 'billing' }, reopen: () => router(units) }
    },
    {
      lacks: {
        absentVersion: 'a route knows two Services, and no versions; whether the Services have anybody ready is tried elsewhere',
        fencing: 'the API server knows no fencing tokens',
      },
    },
  )
  for (const { name, run } of cases) test(`${kind}: ${name}`, run)
}
