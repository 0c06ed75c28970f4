import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openFileJournal } from '../../../adapters/file/index.js'
import { createOrchestrator } from '../../../src/engine/orchestrator.js'
import { definePlan } from '../../../src/plan/define-plan.js'
import { approve, shift } from '../../../src/plan/step.js'
import { canary } from '../../../src/plan/strategy.js'
import type { Journal } from '../../../src/ports/journal.js'
import { type FakeCall, fakeWorld } from '../../../src/testing/fake-world.js'
import { logIn, openForTest, temporaryHome } from './fixture.js'

const plan = definePlan({
  name: 'shop',
  units: { api: { deploy: 'world', router: 'world' } },
  stages: [{ name: 'prod', strategy: canary(shift(10), approve({ timeout: '1h' })) }],
})

function engineOn(journal: Journal, calls: FakeCall[]) {
  const { deploy, router } = fakeWorld({ stable: { api: '1' }, before: (call) => void calls.push(call) })
  return createOrchestrator({ adapters: { deploy: { world: deploy }, router: { world: router } }, journal })
}

test('of a release with a damaged record nothing more is carried out, whichever record it is and whenever it was damaged', async () => {
  const home = await temporaryHome()
  const first = await openForTest(home)
  const calls: FakeCall[] = []
  const engine = engineOn(first, calls)
  const handle = await engine.start(plan, { artifacts: { api: { version: '2' } }, author: { id: 'ann' } })
  await expect.poll(() => handle.status().waiting.map((waiting) => waiting.for)).toEqual(['approval'])
  void handle.result.catch(() => {})
  await engine[Symbol.asyncDispose]()
  await first.close()
  expect(calls.length).toBeGreaterThan(3)

  const good = await readFile(logIn(home))
  const lines = good.toString().trimEnd().split('\n')
  calls.length = 0
  for (const [i, line] of lines.entries()) {
    if (i === 0) continue
    const damaged = Buffer.from(`${lines.with(i, line.replace('"at":1', '"at":2')).join('\n')}\n`)
    await writeFile(logIn(home), damaged)
    await expect(openFileJournal(home)).rejects.toMatchObject({ code: 'journal/corrupt', details: { record: i + 1 } })

    await writeFile(logIn(home), good)
    const journal = await openFileJournal(home)
    const opened = (await readFile(logIn(home))).subarray(good.length)
    await writeFile(logIn(home), Buffer.concat([damaged, opened]))
    await expect(engineOn(journal, calls).resume()).rejects.toMatchObject({ code: 'journal/corrupt' })
    await journal.close()
  }
  expect(lines.length).toBeGreaterThan(4)
  expect(calls).toEqual([])
})
