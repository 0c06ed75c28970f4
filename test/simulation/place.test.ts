import { expect, test } from 'vitest'
import { conductOf } from '../../src/simulation/conduct.js'
import { createPlace } from '../../src/simulation/place.js'
import { dailyTraffic } from '../../src/simulation/traffic.js'
import { type Behaviour, worldSchema } from '../../src/simulation/world.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'

const minute = 60_000
const behaviour = (given: object) => worldSchema.parse({ stable: { metric: given } }).stable.metric as Behaviour
const usual = { since: 0, age: 0, weightPercent: 0, load: 0 }
const levelOf = (given: object, circumstances: object) => conductOf(behaviour(given)).chances({ ...usual, ...circumstances })[0]

test.each([
  ['a cold start is worst at first', { warmUp: { for: '10m', times: 3 } }, { age: 0 }, 0.3],
  ['half-way through it is half as bad', { warmUp: { for: '10m', times: 3 } }, { age: 5 * minute }, 0.2],
  ['then it is over', { warmUp: { for: '10m', times: 3 } }, { age: 20 * minute }, 0.1],
  ['a leak has not begun', { leak: { after: '1h', per: '1h', plus: 0.1 } }, { age: 30 * minute }, 0.1],
  ['a leak grows without end', { leak: { after: '1h', per: '1h', plus: 0.1 } }, { age: 240 * minute }, 0.4],
  ['below its limit nothing saturates', { saturation: { above: 100, times: 2 } }, { load: 100 }, 0.1],
  ['at twice its limit everything does', { saturation: { above: 100, times: 2 } }, { load: 200 }, 0.2],
  ['few users do not trigger it', { exposure: { above: 20, plus: 0.5 } }, { weightPercent: 20 }, 0.1],
  ['many users do', { exposure: { above: 20, plus: 0.5 } }, { weightPercent: 20.01 }, 0.6],
  ['before an incident all is well', { incident: { from: '5m', for: '5m', times: 4 } }, { since: 4 * minute }, 0.1],
  ['during it, it is not', { incident: { from: '5m', for: '5m', times: 4 } }, { since: 6 * minute }, 0.4],
  ['a rate stays a rate', { incident: { from: '0s', for: '5m', plus: 4 } }, {}, 1],
])('%s', (_, effects, circumstances, level) => {
  expect(levelOf({ kind: 'ratio', bad: 0.1, ...effects }, circumstances)).toBeCloseTo(level, 10)
})

test('a latency has its median where it was described, and its second hump where that was', () => {
  const shares = (given: object) => {
    const chances = conductOf(behaviour({ kind: 'latency', median: 0.1, bounds: [0.1, 1, 2], ...given })).chances(usual)
    expect(chances.reduce((sum, chance) => sum + chance)).toBeCloseTo(1, 12)
    return chances
  }
  expect(shares({})[0]).toBeCloseTo(0.5, 12)
  expect(shares({ slow: { share: 0.2, median: 2, spread: 0.01 } })[0]).toBeCloseTo(0.4, 12)
  expect(shares({ slow: { share: 0.2, median: 2, spread: 0.01 } })[3]).toBeCloseTo(0.1, 3)
  expect(shares({ warmUp: { for: '1m', times: 10 } })[1]).toBeGreaterThan(0.4)
})

test('a day brings as many requests as its average says, most of them in the afternoon', () => {
  const { expected } = dailyTraffic({ perSecond: 10, swing: 0.5, peakAt: '14h' })
  const midnight = Date.UTC(2030, 0, 1)
  const hour = 60 * minute
  expect(expected(midnight, midnight + 24 * hour)).toBeCloseTo(864_000, 3)
  expect(expected(midnight + 14 * hour, midnight + 14 * hour + 1_000)).toBeCloseTo(15, 3)
  expect(expected(midnight + 2 * hour, midnight + 2 * hour + 1_000)).toBeCloseTo(5, 3)
})

const ratio = conductOf(behaviour({ kind: 'ratio', bad: 0.25 }))
const place = () =>
  createPlace({
    startAt: 0,
    traffic: dailyTraffic({ perSecond: 100, swing: 0, peakAt: '0s' }),
    conducts: { stable: new Map([['errors', ratio]]), canary: new Map([['errors', ratio]]) },
    failures: 'errors',
    random: xoshiro128(6),
  })

test('users are split by weight, and what is counted in parts is the whole', () => {
  const site = place()
  site.shift(10 * minute, 20)
  site.advance(30 * minute)
  const { requests } = site.counted('canary', 'errors', 0, 30 * minute)
  expect(requests / (20 * 60 * 100)).toBeCloseTo(0.2, 2)
  expect(site.counted('canary', 'errors', 0, 10 * minute).requests).toBe(0)
  const cuts = [0, 7, 12.3, 12.4, 25, 30].map((cut) => cut * minute)
  const parts = cuts.slice(1).map((to, i) => site.counted('canary', 'errors', cuts[i]!, to))
  expect(parts.reduce((sum, part) => sum + part.requests, 0)).toBeCloseTo(requests, 6)
  for (const part of parts) expect(part.counts[0]).toBeLessThanOrEqual(part.requests)
})

test('exposure begins with the first user of the new version and ends with the last', () => {
  const site = place()
  site.shift(10 * minute, 20)
  site.shift(15 * minute, 50)
  site.shift(20 * minute, 0)
  site.advance(60 * minute)
  const { requests, failedRequests, ...others } = site.exposure()
  expect(others).toEqual({ peakWeightPercent: 50, since: 10 * minute, until: 20 * minute })
  expect(requests / (300 * 20 + 300 * 50)).toBeCloseTo(1, 1)
  expect(failedRequests / requests).toBeCloseTo(0.25, 1)
})

test('a wait of weeks is not drawn minute by minute', () => {
  const site = place()
  site.advance(60 * 24 * 60 * minute)
  expect(site.counted('stable', 'errors', 0, 60 * 24 * 60 * minute).requests / (60 * 86_400 * 100)).toBeCloseTo(1, 2)
})
