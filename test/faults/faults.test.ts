import { expect, test } from 'vitest'
import { faultSchedules } from '../support/fault-schedules.js'

const runs = Number(process.env.FAULT_RUNS ?? 1_500)
const seed = Number(process.env.FAULT_SEED ?? 20_260_101)

test('whatever fails, and however often, a release ends as declared once the faults end', async () => {
  const counts = await faultSchedules(runs, seed)
  console.log(`fault schedules, seed ${seed}:`, counts)
  expect(counts.faults).toBeGreaterThan(runs)
}, 600_000)
