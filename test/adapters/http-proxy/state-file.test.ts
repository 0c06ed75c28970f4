import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { instance, options, proxyTo, route, stableAndCanary, tally, unit } from './set-up.js'

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'taxiway-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

test('a proxy that starts again has the split that was in force, and who was in charge', async () => {
  const stateFile = join(await emptyFolder(), 'split.json')
  const { origins, proxy } = await stableAndCanary({ stateFile })
  await proxy.router.setWeight(route, 20, { ...options, fencingToken: 5 })
  await proxy.close()
  const again = await proxyTo(origins, { stateFile })
  expect(await tally(again.url, 100)).toEqual({ '1.0.0': 80, '1.1.0': 20 })
  expect(await again.router.getWeight(route, options)).toBe(20)
  await expect(again.router.setWeight(route, 30, options)).rejects.toMatchObject({ code: 'adapter/rejected' })
  await again.router.setWeight(route, 0, { ...options, fencingToken: 5 })
  await again.close()
  const third = await proxyTo(origins, { stateFile })
  expect(await tally(third.url, 100)).toEqual({ '1.0.0': 100 })
})

test('without a state file a proxy that starts again says that it does not know', async () => {
  const { proxy } = await stableAndCanary()
  expect(await proxy.router.getWeight(route, options)).toBe('unknown')
})

test('a state file that is broken, or of another unit, is refused and left alone', async () => {
  const stateFile = join(await emptyFolder(), 'split.json')
  const other = '{"unit":"search","split":{"stable":"1.0.0","canaryBasisPoints":0}}'
  for (const text of ['{', '{}', '{"unit":"checkout","split":{"canaryBasisPoints":-1}}', other]) {
    await writeFile(stateFile, text)
    await expect(proxyTo({}, { stateFile })).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringMatching(/split\.json/),
    })
    expect(await readFile(stateFile, 'utf8')).toBe(text)
  }
})

test('a rollback is in force even when it cannot be written down', async () => {
  const folder = await emptyFolder()
  const { origin } = await instance('1.0.0')
  const other = await instance('1.1.0')
  const stateFile = join(folder, 'gone', 'split.json')
  const proxy = await proxyTo({ '1.0.0': [origin], '1.1.0': [other.origin] }, { stateFile })
  const unsaved = { code: 'adapter/unavailable', message: expect.stringContaining('in force') }
  await expect(proxy.router.setWeight(route, 100, options)).rejects.toMatchObject(unsaved)
  await expect(proxy.router.setWeight(route, 0, options)).rejects.toMatchObject(unsaved)
  expect(await tally(proxy.url, 20)).toEqual({ '1.0.0': 20 })
  await expect(proxy.router.settle({ unit, version: '1.0.0' }, options)).rejects.toMatchObject(unsaved)
})
