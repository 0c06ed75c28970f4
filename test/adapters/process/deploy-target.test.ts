import { expect, test } from 'vitest'
import { processTarget } from '../../../adapters/process/index.js'
import { processesMarked, tinyService } from '../../support/tiny-service.js'
import { answers, canary, emptyDirectory, options, tinyTarget, unit } from './set-up.js'

test('a deployed version runs beside the stable one, each instance on a port of its own', async () => {
  const { target } = await tinyTarget({ instances: 2 })
  await target.deploy({ ...canary('1.0.0'), role: 'stable' }, options)
  await target.promote(canary('1.0.0'), options)
  await target.deploy(canary('1.1.0'), options)
  expect(await answers(target, '1.0.0', '/')).toEqual(['1.0.0', '1.0.0'])
  expect(await answers(target, '1.1.0', '/')).toEqual(['1.1.0', '1.1.0'])
  const state = await target.observe(unit, options)
  expect(state.stable).toEqual({ version: '1.0.0' })
  expect(state.versions).toContainEqual({ artifact: { version: '1.1.0' }, readyInstances: 2, instances: 2 })
  expect(new Set([...(await target.urls(unit, '1.0.0')), ...(await target.urls(unit, '1.1.0'))]).size).toBe(4)
})

test('deploying twice, also at the same time, starts a version once', async () => {
  const { directory, target } = await tinyTarget()
  await Promise.all([target.deploy(canary('1.0.0'), options), target.deploy(canary('1.0.0'), options)])
  const first = processesMarked(directory)
  await target.deploy(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual(first)
  expect(first).toHaveLength(1)
})

test('a service gets the environment it was given and nothing else', async () => {
  const { target } = await tinyTarget({ env: { GREETING: 'good morning' } })
  await target.deploy(canary('1.0.0'), options)
  const [text = ''] = await answers(target, '1.0.0', '/env')
  const names = Object.keys(JSON.parse(text)).filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)) // the shell's own
  expect(names.sort()).toEqual(['GREETING', 'HOST', 'PATH', 'PORT'])
})

test('an instance that dies is seen as not ready, and the next deploy starts another', async () => {
  const { directory, target } = await tinyTarget({ instances: 2 })
  await target.deploy(canary('1.0.0'), options)
  const [victim = 0, survivor] = processesMarked(directory)
  const [, kept] = await answers(target, '1.0.0', '/pid')
  expect([victim, survivor].map(String)).toContain(kept)
  process.kill(victim, 'SIGKILL')
  await expect
    .poll(async () => (await target.observe(unit, options)).versions)
    .toEqual([{ artifact: { version: '1.0.0' }, readyInstances: 1, instances: 2 }])
  await target.deploy(canary('1.0.0'), options)
  expect((await target.observe(unit, options)).versions).toMatchObject([{ readyInstances: 2, instances: 2 }])
  expect(await answers(target, '1.0.0', '/pid')).toContain(String(survivor))
})

test('promotion brings the version back to full capacity before it becomes stable', async () => {
  const { directory, target } = await tinyTarget({ instances: 2 })
  await target.deploy(canary('1.0.0'), options)
  process.kill(processesMarked(directory)[0] ?? 0, 'SIGKILL')
  await expect.poll(() => target.urls(unit, '1.0.0')).toHaveLength(1)
  await target.promote(canary('1.0.0'), options)
  expect(await target.urls(unit, '1.0.0')).toHaveLength(2)
  expect((await target.observe(unit, options)).stable).toEqual({ version: '1.0.0' })
})

test('a version that was never deployed is not promoted', async () => {
  const { target } = await tinyTarget()
  await expect(target.promote(canary('1.0.0'), options)).rejects.toMatchObject({ code: 'adapter/rejected' })
  expect((await target.observe(unit, options)).stable).toBeUndefined()
})

test('another build under the name of a running version is refused', async () => {
  const { target } = await tinyTarget()
  const build = (digit: string) => ({ unit, artifact: { version: '1.0.0', digest: `sha256:${digit.repeat(64)}` } })
  await target.deploy({ ...build('a'), role: 'canary' }, options)
  await expect(target.deploy({ ...build('b'), role: 'canary' }, options)).rejects.toMatchObject({ code: 'adapter/rejected' })
  expect((await target.observe(unit, options)).versions).toMatchObject([{ artifact: build('a').artifact, readyInstances: 1 }])
})

test('a process that is no longer in charge changes nothing', async () => {
  const { target } = await tinyTarget()
  await target.deploy(canary('1.0.0'), { ...options, fencingToken: 2 })
  for (const change of [
    target.retire,
    target.promote,
    (request: ReturnType<typeof canary>, late: typeof options) => target.deploy(request, late),
  ])
    await expect(change(canary('1.0.0'), options)).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringMatching(/taken over/),
    })
  expect(await target.urls(unit, '1.0.0')).toHaveLength(1)
})

test('two units are deployed at the same time', async () => {
  const directory = await emptyDirectory()
  const service = tinyService({ mark: directory })
  const target = processTarget({ directory, units: { checkout: service, search: service } })
  const gates = [canary('1.0.0'), { ...canary('2.0.0'), unit: 'search' }]
  await Promise.all(gates.map((request) => target.deploy(request, options)))
  expect(await target.urls('checkout', '1.0.0')).toHaveLength(1)
  expect(await target.urls('search', '2.0.0')).toHaveLength(1)
})

test('names that would lead out of the directory, and units nobody configured, are refused', async () => {
  const { target } = await tinyTarget()
  await expect(target.deploy(canary('../../elsewhere'), options)).rejects.toMatchObject({ code: 'input/invalid' })
  for (const stranger of ['search', 'constructor'])
    await expect(target.observe(stranger, options)).rejects.toMatchObject({ code: 'adapter/rejected' })
})
