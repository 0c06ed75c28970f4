import { once } from 'node:events'
import { watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { processTarget } from '../../../adapters/process/index.js'
import { runTs } from '../../support/run-ts.js'
import { processesMarked, tinyService } from '../../support/tiny-service.js'
import { answers, canary, emptyDirectory, options, unit } from './set-up.js'

const script = new URL('./deploy-through.ts', import.meta.url)

test('what an orchestrator started outlives its kill, and the next one adopts it', async () => {
  const directory = await emptyDirectory()
  const first = runTs(script, directory, '1.0.0')
  expect([await first.nextLine(), await first.nextLine()]).toEqual(['starting', 'ready'])
  await first.kill()
  const running = processesMarked(directory)
  expect(running).toHaveLength(2)

  const second = processTarget({ directory, units: { [unit]: tinyService({ mark: directory, instances: 2 }) } })
  expect((await second.observe(unit, options)).versions).toMatchObject([{ readyInstances: 2, instances: 2 }])
  await second.deploy(canary('1.0.0'), options)
  expect((await answers(second, '1.0.0', '/pid')).map(Number).sort()).toEqual(running.sort())
  await second.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
})

// Whatever the moment: before the folder, between folder and process, before or after its record, while it becomes ready.
test.each([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])(
  'a kill %i ms into the first start leaves no process that the directory does not know',
  async (delayMs) => {
    const directory = await emptyDirectory()
    const first = runTs(script, directory, '1.0.0')
    const begun = once(watch(directory, { persistent: false }), 'change')
    await begun
    await sleep(delayMs) // chooses the moment of the kill; nothing depends on which it is
    await first.kill()

    const second = processTarget({ directory, units: { [unit]: tinyService({ mark: directory, instances: 2 }) } })
    await second.deploy(canary('1.0.0'), options)
    expect(await second.urls(unit, '1.0.0')).toHaveLength(2)
    await expect.poll(() => processesMarked(directory).length).toBe(2)
    await second.stopAll()
    expect(processesMarked(directory)).toEqual([])
  },
)
