import { expect, test } from 'vitest'
import { startSimulation } from '../../src/simulation/start-simulation.js'
import { bad, gatedPlan, good, plan } from './worlds.js'

const sre = { actor: { id: 'sam@example.com', roles: ['sre'] }, reason: 'a drill' }

test('a release is moved on from decision to decision, and answered on the way', async () => {
  const run = await startSimulation(gatedPlan, { ...good, takes: { shift: '10s' } })
  expect((await run.next())?.says).toMatch(/^Gate production:before#go waits for 1 approval with role sre/)
  await run.release.approve({ ...sre, gate: 'production:before#go' })
  expect((await run.next())?.says).toMatch(/approved/)
  expect((await run.next())?.says).toMatch(/^Look \d+ passed, so bake-2 is done/)
  expect(run.status().tracks[1]).toMatchObject({ step: { id: 'shift-3' }, weight: 5 })
  await run.release.abort({ ...sre, reason: 'customers are calling' })
  const { status, cause, exposure } = await run.end()
  expect(status).toBe('rolledBack')
  expect(cause?.says).toBe('sam@example.com: customers are calling')
  expect(exposure.peakWeightPercent).toBe(5)
})

test('after the last decision there is the end, and then nothing', async () => {
  const run = await startSimulation(plan, bad)
  const told: string[] = []
  for (let fact = await run.next(); fact; fact = await run.next()) told.push(`${fact.kind} ${fact.tone}`)
  expect(told).toEqual(['look bad', 'end bad'])
  expect(run.status().isFinished).toBe(true)
  expect((await run.end()).status).toBe('rolledBack')
})

test('time passes by the clock as well', async () => {
  const run = await startSimulation(plan, good)
  const begun = run.now()
  await run.advance('4m')
  expect(run.now() - begun).toBe(240_000)
  expect(run.status()).toMatchObject({ status: 'verifying', tracks: [{ weight: 5 }] })
  await run.release.pause({ ...sre })
  await run.advance('20h')
  expect(run.status().waiting).toMatchObject([{ for: 'resume' }])
  await run.release.resume({ ...sre, id: 'go-on' })
  const { status, waits } = await run.end()
  expect(status).toBe('promoted')
  expect(waits.map((wait) => wait.for)).toEqual(['resume'])
})

test('a signal that does not fit is refused, and the simulation goes on', async () => {
  const run = await startSimulation(plan, good)
  await expect(run.release.resume(sre)).rejects.toMatchObject({ code: 'signal/refused' })
  expect((await run.end()).status).toBe('promoted')
})
