import { expect, test } from 'vitest'
import { parseWorld } from '../../src/simulation/world-check.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { gatedPlan, good, plan } from './worlds.js'

const latency = { kind: 'latency', median: 0.1 }
const errors = { kind: 'ratio', bad: 0.1 }
test.each<[string, object, RegExp]>([
  [
    'an unknown stage',
    { places: [{ stage: 'staging' }] },
    /places\[0\]\.stage: the plan has no stage "staging"\. Known: production/,
  ],
  ['an unknown unit', { places: [{ unit: 'web' }] }, /places\[0\]\.unit: the plan has no unit "web"/],
  ['a negative rate', { traffic: { perSecond: -1 } }, /traffic\.perSecond: /],
  ['a chance above one', { stable: { ...good.stable, errors: { kind: 'ratio', bad: 2 } } }, /stable\.errors\.bad: /],
  [
    'a metric nobody declared',
    { canary: { error: errors } },
    /canary\.error: the plan has no metric "error"\. Known: errors, latency/,
  ],
  [
    'a judged metric without a description',
    { stable: { errors } },
    /stable\.latency: is read by the judge "healthy", and is not described/,
  ],
  [
    'a metric of the wrong kind',
    { stable: { errors, latency: errors } },
    /stable\.latency: is a ratio, and the judge "healthy" reads a latency/,
  ],
  ['two kinds of one metric', { canary: { errors: latency } }, /canary\.errors: is a latency, and for stable a ratio/],
  ['other buckets', { canary: { latency: { ...latency, bounds: [1, 2] } } }, /canary\.latency\.bounds: are not those of stable/],
  ['falling buckets', { canary: { latency: { ...latency, bounds: [2, 1] } } }, /canary\.latency\.bounds: must rise/],
  [
    'an unknown gate',
    { people: [{ when: 'asked', does: 'approve', gate: 'go' }] },
    /people\[0\]\.gate: the plan has no gate "go"\. Known: production:before#go/,
  ],
  ['an unknown hook', { hooks: { smoke: {} } }, /hooks\.smoke: the plan has no hook "smoke"\. Known: none/],
  [
    'a fault of an unknown router',
    { faults: [{ port: 'router', binding: 'nginx', fault: 'lost' }] },
    /faults\[0\]\.binding: the plan has no router binding "nginx"\. Known: edge/,
  ],
  ['resets without counters', { pipeline: { resets: '1h' } }, /pipeline\.resets: an interval source has no counters/],
  ['failures that are no ratio', { failures: 'latency' }, /failures: "latency" is no ratio/],
  ['a word it does not know', { trafic: {} }, /Unrecognized key: "trafic"/],
])('a world with %s is refused, and the path is named', (_, change, says) => {
  const parse = () => parseWorld(gatedPlan, { ...good, ...change })
  expect(parse).toThrow(says)
  expect(parse).toThrow(ReleaseError)
})

test('a world that fits comes with every default written out', () => {
  expect(parseWorld(plan, good)).toMatchObject({ traffic: { perSecond: 500, swing: 0 }, canary: {}, people: [], isFirst: false })
})
