import { expect, test } from 'vitest'
import { livedThrough } from '../../src/simulation/recorded-incident.js'

const startAt = Date.UTC(2026, 4, 1, 8)
const minute = (n: number) => new Date(startAt + n * 60_000).toISOString()

test('the new version has the incident again and again, and the old one never: it has what was before once more', () => {
  const raster = { startAt, stepMs: 60_000, steps: 8 }
  expect(livedThrough({ from: minute(2), to: minute(5) }, raster)).toEqual({
    control: [0, 1, 0, 1, 0, 5, 6, 7],
    canary: [2, 3, 2, 3, 4, 4, 2, 3],
  })
})
