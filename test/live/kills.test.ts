import { expect, test } from 'vitest'
import { type KillsReport, killAtRandom } from '../../tools/soak/kills.js'

const seed = Number(process.env.TAXIWAY_SEED ?? Date.now() % 1_000_000)

/** What the long run does as well, a thousand times. */
function expectSound({ wrong, ...counts }: KillsReport): void {
  console.log({ seed, ...counts, wrong: wrong.length })
  expect(wrong.slice(0, 10)).toEqual([])
  expect(counts.promoted).toBeGreaterThan(5)
  expect(counts.rolledBack).toBeGreaterThan(5)
  expect(counts.archives).toBeGreaterThan(0)
}

test(`a process that releases is killed 25 times at random: nothing acknowledged is lost, and nothing done twice under another key (seed ${seed})`, async () => {
  const report = await killAtRandom(25, seed)
  expectSound(report)
  // Calls whose answers were lost, and that were made again under their own keys.
  expect(report.repeated).toBeGreaterThan(0)
}, 300_000)

test(`a process that releases is stopped ten times, its journal taken over, and woken again: nothing it still does counts (seed ${seed})`, async () => {
  const report = await killAtRandom(20, seed, 2)
  expectSound(report)
  expect(report.refused).toBeGreaterThan(0)
}, 300_000)
