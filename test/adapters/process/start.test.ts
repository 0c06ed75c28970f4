import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { processTarget } from '../../../adapters/process/index.js'
import { endInstance, startInstance } from '../../../adapters/process/instance.js'
import { foldersIn } from '../../../adapters/process/unit-folder.js'
import { processesMarked } from '../../support/tiny-service.js'
import { canary, emptyDirectory, options, tinyTarget, unit } from './set-up.js'

test('a crash loop is reported at once, with exit code and last words, and without secrets', async () => {
  const directory = await emptyDirectory()
  const says = 'head -c 5000 /dev/zero | tr "\\0" x >&2; echo " cannot log in with $TOKEN" >&2; exit 7'
  const command = { file: 'sh', args: ['-c', says], env: { TOKEN: 'hunter2-hunter2' } }
  const target = processTarget({ directory, units: { [unit]: { command: () => command } } })
  const failed = await target.deploy(canary('1.0.0'), options).catch((error) => error)
  expect(failed).toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringMatching(/exit code 7.*cannot log in with \*\*\*$/s),
  })
  expect(failed.message.length).toBeLessThan(2500)
})

test.each([
  ['a program that is not there', { file: 'no-such-program', args: [] }, /exit code 127/],
  ['a folder that is not there', { file: 'true', args: [], cwd: '/no/such/folder' }, /could not be started/],
  ['a program that ends well, but too soon', { file: 'true', args: [] }, /exit code 0/],
])('%s is reported at once', async (_, command, reason) => {
  const directory = await emptyDirectory()
  const target = processTarget({ directory, units: { [unit]: { command: () => command } } })
  await expect(target.deploy(canary('1.0.0'), options)).rejects.toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringMatching(reason),
  })
})

/** The ports chosen for instances of the version so far. */
async function chosenPorts(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true })
  return entries.flatMap((path) => /\/(\d+)$/.exec(path)?.[1] ?? [])
}

async function listenOn(port: string) {
  const thief = createServer().listen(Number(port), '127.0.0.1')
  await once(thief, 'listening')
  onTestFinished(() => void thief.close())
}

test('a port that was taken before the service could have it is given up for another', async () => {
  const gate = join(await emptyDirectory(), 'gate')
  const { directory, target } = await tinyTarget({ env: { GATE: gate } })
  const deployed = target.deploy(canary('1.0.0'), options)
  await expect.poll(() => chosenPorts(directory)).toHaveLength(1)
  const [port = ''] = await chosenPorts(directory)
  await listenOn(port)
  await writeFile(gate, '')
  await deployed
  const [url] = await target.urls(unit, '1.0.0')
  expect(url).not.toContain(port)
  expect(processesMarked(directory)).toHaveLength(1)
})

test('when every port tried is taken, the error says so', async () => {
  const { directory, target } = await tinyTarget()
  const stolen = new Set<string>()
  // Each service waits for a gate named after its port, and finds the port taken behind it.
  const command = { file: 'sh', args: ['-c', `while [ ! -e "${directory}/$PORT" ]; do sleep 0.01; done; exit 1`] }
  const unlucky = processTarget({ directory, units: { [unit]: { command: () => command } } })
  const failed = unlucky.deploy(canary('1.0.0'), options).catch((error) => error)
  while (stolen.size < 3)
    for (const port of await chosenPorts(join(directory, unit)).catch(() => [])) {
      if (stolen.has(port)) continue
      await listenOn(port)
      await writeFile(join(directory, port), '')
      stolen.add(port)
    }
  expect(await failed).toMatchObject({
    code: 'adapter/rejected',
    message: expect.stringMatching(/Something else listens on port \d+; 3 ports were tried/),
  })
  expect(await target.urls(unit, '1.0.0')).toEqual([])
})

test('a deploy that waits for readiness stops when told, and what it started can be retired', async () => {
  const { directory, target } = await tinyTarget({ readyPath: '/fault', drainMs: 5000 })
  const stop = new AbortController()
  const deployed = target.deploy(canary('1.0.0'), { ...options, signal: stop.signal })
  deployed.catch(() => {})
  await expect
    .poll(async () => (await target.observe(unit, options)).versions)
    .toMatchObject([{ readyInstances: 0, instances: 1 }])
  stop.abort(new Error('too late'))
  await expect(deployed).rejects.toThrow('too late')
  await target.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
})

test('a start that a crash cut short can no longer happen once another has taken its place', async () => {
  const { directory, target } = await tinyTarget()
  const version = join(directory, unit, 'versions', '1.0.0')
  await mkdir(join(version, '40000'), { recursive: true })
  await writeFile(join(version, 'artifact.json'), '{"version":"1.0.0"}')
  expect((await target.observe(unit, options)).versions).toMatchObject([{ readyInstances: 0, instances: 1 }])
  await target.deploy(canary('1.0.0'), options)
  expect((await target.observe(unit, options)).versions).toMatchObject([{ readyInstances: 1, instances: 1 }])
})

test('an instance that is ended before it has written its record never becomes the service', async () => {
  const directory = await emptyDirectory()
  const command = { file: 'sleep', args: ['30'], env: { MARK: directory } }
  for (let round = 0; round < 10; round++) {
    const { instance, ended } = await startInstance(directory, command)
    await endInstance(instance, 0, options.signal)
    expect(await ended).not.toBe('ended with exit code 0')
    expect(await foldersIn(directory)).toEqual([])
  }
})

test('a service may have a PATH on which there is nothing of ours', async () => {
  const { directory, target } = await tinyTarget({ env: { PATH: '/nowhere' } })
  await target.deploy(canary('1.0.0'), options)
  expect(processesMarked(directory)).toHaveLength(1)
})

test('a stranger that got the pid of a dead instance is neither adopted nor stopped', async () => {
  const { directory, target } = await tinyTarget()
  const stranger = spawn('sleep', ['1000'], { detached: true })
  onTestFinished(() => void stranger.kill())
  await once(stranger, 'spawn')
  const version = join(directory, unit, 'versions', '1.0.0')
  await mkdir(join(version, '40000'), { recursive: true })
  await writeFile(join(version, 'artifact.json'), '{"version":"1.0.0"}')
  await writeFile(join(version, '40000', 'pid'), `${stranger.pid}\nThu Jan  1 00:00:00 2015\n`)
  await target.deploy(canary('1.0.0'), options)
  await target.retire(canary('1.0.0'), options)
  expect(processesMarked(directory)).toEqual([])
  expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
})
