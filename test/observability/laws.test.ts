import { test } from 'vitest'
import { telemetry } from '../../src/observability/index.js'
import { lawCases, observerLaws } from '../../src/testing/index.js'

const cases = lawCases(observerLaws, () => ({ observer: telemetry() }), {
  lacks: { arrived: 'spans and metrics are no records', breakDown: 'exporters are not its own' },
})
for (const { name, run } of cases) test(name, run)
