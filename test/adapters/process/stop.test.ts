import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processesMarked } from '../../support/tiny-service.js'
import { canary, options, tinyTarget, unit } from './set-up.js'

test('a retired version is gone, and retiring it again is nothing', async () => {
  const { directory, target } = await tinyTarget({ instances: 2 })
  await target.deploy(canary('1.0.0'), options)
  await target.retire(canary('1.0.0'), options)
  await target.retire(canary('1.0.0'), options)
  await target.retire(canary('never-seen'), options)
  expect((await target.observe(unit, options)).versions).toEqual([])
  expect(processesMarked(directory)).toEqual([])
})

test('a request that runs while its version is retired is answered', async () => {
  const { target } = await tinyTarget()
  await target.deploy(canary('1.0.0'), options)
  const [url] = await target.urls(unit, '1.0.0')
  const body = new TransformStream<Uint8Array, Uint8Array>()
  const writer = body.writable.getWriter()
  const request = fetch(`${url}/echo`, {
    method: 'POST',
    body: body.readable,
    duplex: 'half',
    headers: { connection: 'close' },
  } as RequestInit)
  await writer.write(Buffer.from('begun '))
  const response = await request
  const retired = target.retire(canary('1.0.0'), options)
  await expect.poll(() => target.urls(unit, '1.0.0')).toEqual([])
  await writer.write(Buffer.from('and ended'))
  await writer.close()
  expect(await response.text()).toBe('begun and ended')
  await retired
})

test('a service that ignores SIGTERM, and what it started, are killed when their time to drain is over', async () => {
  const { directory, target } = await tinyTarget({ env: { STUBBORN: 'yes', HELPER: 'yes' }, drainMs: 100 })
  await target.deploy(canary('1.0.0'), options)
  expect(processesMarked(directory)).toHaveLength(2)
  await target.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
})

test('helpers that outlive their service are stopped with it', async () => {
  const { directory, target } = await tinyTarget({ env: { HELPER: 'yes' }, drainMs: 100 })
  await target.deploy(canary('1.0.0'), options)
  process.kill(Number((await readRecords(directory))[0]), 'SIGKILL')
  await expect.poll(() => processesMarked(directory)).toHaveLength(1)
  await target.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
})

async function readRecords(directory: string): Promise<string[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('/pid'))
  return Promise.all(names.map(async (name) => (await readFile(join(directory, name), 'utf8')).split('\n')[0] ?? ''))
}

test('a retire that is told to stop leaves what a second one finishes', async () => {
  const { directory, target } = await tinyTarget({ env: { STUBBORN: 'yes' }, drainMs: 500 })
  await target.deploy(canary('1.0.0'), options)
  const stop = new AbortController()
  const retired = target.retire(canary('1.0.0'), { ...options, signal: stop.signal })
  retired.catch(() => {})
  await expect.poll(() => target.urls(unit, '1.0.0')).toEqual([])
  stop.abort(new Error('shutting down'))
  await expect(retired).rejects.toThrow('shutting down')
  expect((await target.observe(unit, options)).versions).toMatchObject([{ readyInstances: 0, instances: 1 }])
  await target.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
})

test('the version users have is not stopped', async () => {
  const { target } = await tinyTarget()
  await target.deploy(canary('1.0.0'), options)
  await target.promote(canary('1.0.0'), options)
  await expect(target.retire(canary('1.0.0'), options)).rejects.toMatchObject({ code: 'adapter/rejected' })
  expect(await target.urls(unit, '1.0.0')).toHaveLength(1)
})

test('stopping all stops the stable version too, and remembers which one it was', async () => {
  const { directory, target } = await tinyTarget()
  await target.deploy(canary('1.0.0'), options)
  await target.promote(canary('1.0.0'), options)
  await target.stopAll()
  expect(processesMarked(directory)).toEqual([])
  expect(await target.observe(unit, options)).toEqual({ stable: { version: '1.0.0' }, versions: [] })
})

test('no value of the environment is written to the directory', async () => {
  const { directory, target } = await tinyTarget({ env: { TOKEN: 'hunter2-hunter2' } })
  await target.deploy(canary('1.0.0'), options)
  await target.promote(canary('1.0.0'), options)
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))
  expect(files.length).toBeGreaterThan(4)
  expect(texts.join()).not.toContain('hunter2')
})
