import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePlan } from '../../src/plan/define-plan.js'
import { programOf } from '../../src/plan/program.js'
import { canonicalJson } from '../../src/vocabulary/canonical-json.js'

const names = fc.uniqueArray(fc.constantFrom('zebra', 'apple', 'mango', 'x-10', 'x-9', '10', '9'), { minLength: 1, maxLength: 6 })

test('what a plan amounts to does not depend on the order in which its units were written: a journal may give them back in another', () => {
  let unsorted = 0
  fc.assert(
    fc.property(names, fc.boolean(), (units, isChained) => {
      const plan = parsePlan({
        name: 'shop',
        units: Object.fromEntries(
          units.map((unit, i) => [unit, { deploy: 'cluster', dependsOn: isChained ? units.slice(0, i).slice(-1) : [] }]),
        ),
        stages: [
          { name: 'staging', bindings: { deploy: 'other-cluster' }, strategy: { type: 'all-at-once', after: [] } },
          { name: 'production', after: ['staging'], strategy: { type: 'all-at-once', after: [] } },
        ],
      })
      unsorted += JSON.stringify(units) === JSON.stringify(units.toSorted()) ? 0 : 1
      expect(programOf(parsePlan(JSON.parse(canonicalJson(plan))))).toEqual(programOf(plan))
    }),
  )
  expect(unsorted).toBeGreaterThan(5)
})
