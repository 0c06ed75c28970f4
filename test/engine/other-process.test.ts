import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { allAtOnce } from '../../src/plan/strategy.js'
import { ann } from '../support/pretended.js'

/** Everything taxiway remembers of plans and releases is gone, as in a new process. */
async function newProcess() {
  vi.resetModules()
  const { openFileJournal } = await import('../../adapters/file/index.js')
  const { createOrchestrator, definePlan } = await import('../../src/index.js')
  const { fakeWorld } = await import('../../src/testing/fake-world.js')
  return { openFileJournal, createOrchestrator, definePlan, fakeWorld }
}

test('a release whose units are in no alphabetical order goes on in another process, whose journal gives them back in order', async () => {
  const home = await mkdtemp(join(tmpdir(), 'taxiway-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const units = { zebra: { deploy: 'local' }, apple: { deploy: 'local' }, 10: { deploy: 'local' }, 9: { deploy: 'local' } }
  const stable = { zebra: '1', apple: '1', 10: '1', 9: '1' }
  const v2 = { version: '2' }

  const first = await newProcess()
  const plan = first.definePlan({ name: 'shop', units, stages: [{ name: 'production', strategy: allAtOnce() }] })
  const stuck = first.fakeWorld({ stable, before: ({ method }) => (method === 'deploy' ? new Promise(() => {}) : undefined) })
  const journal = await first.openFileJournal(home)
  const orchestrator = first.createOrchestrator({ adapters: { deploy: { local: stuck.deploy } }, journal })
  await orchestrator.start(plan, { id: 'r', artifacts: { zebra: v2, apple: v2, 10: v2, 9: v2 }, author: ann })
  await orchestrator[Symbol.asyncDispose]()
  await journal.close()

  const second = await newProcess()
  const again = await second.openFileJournal(home)
  onTestFinished(() => again.close())
  const world = second.fakeWorld({ stable })
  await using successor = second.createOrchestrator({ adapters: { deploy: { local: world.deploy } }, journal: again })
  const [handle] = await successor.resume()
  expect((await handle?.result)?.status).toBe('promoted')
})
