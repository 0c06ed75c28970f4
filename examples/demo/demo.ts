/**
 * Three rollouts of a real service under real requests: a good version is promoted, a bad one is rolled back, and one whose
 * orchestrator is killed half-way is resumed by a new process. Exits with 0 only when all three ended as they should.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from 'taxiway'
import { startHttpProxy } from 'taxiway/adapters/http-proxy'
import { startLoad } from './load.ts'
import { shopTarget } from './shop.ts'

const directory = await mkdtemp(join(tmpdir(), 'taxiway-demo-'))
const token = randomBytes(16).toString('hex')
const target = shopTarget(directory)
// The proxy and the users outlive every rollout: they are the platform, not the orchestrator.
const proxy = await startHttpProxy({
  unit: 'shop',
  port: 0,
  resolve: target.urls,
  control: { port: 0, token: secret(() => token) },
})
const load = startLoad(proxy.url, 300)
let isGood = true

function rollout(version: string, ...more: string[]): ChildProcess {
  const args = [
    join(import.meta.dirname, 'rollout.ts'),
    version,
    '--directory',
    directory,
    '--proxy',
    proxy.controlUrl ?? '',
    ...more,
  ]
  return spawn(process.execPath, args, { env: { ...process.env, PROXY_TOKEN: token }, stdio: ['ignore', 'inherit', 'inherit'] })
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
}

function say(text: string): void {
  console.log(`\n== ${text}`)
}

async function expectEnd(story: string, exit: number, live: string, begun: number): Promise<void> {
  const { stable } = await target.observe('shop', {
    signal: AbortSignal.timeout(10_000),
    idempotencyKey: 'demo',
    fencingToken: 0,
  })
  const { requests, connectionErrors, byVersion } = load.takeAccount()
  const answers = Object.entries(byVersion).map(
    ([version, { answers, errors }]) => `${version}: ${answers} answers, ${errors} errors`,
  )
  const isRight = exit === 0 || exit === 1 ? stable?.version === live && connectionErrors === 0 : false
  isGood &&= isRight
  say(
    `${isRight ? 'As it should be' : 'NOT as it should be'}: ${story}. Live: ${stable?.version}. ${requests} requests in ${((performance.now() - begun) / 1_000).toFixed(0)} s, ${connectionErrors} connection errors (${answers.join('; ')}).`,
  )
}

try {
  say('The first version, 1.0, goes live.')
  if ((await exitOf(rollout('1.0', '--first', '--id', 'first'))) !== 0) throw new Error('the first version did not go live')
  load.takeAccount()

  let begun = performance.now()
  say('Story 1: version 1.1 is good.')
  const good = await exitOf(rollout('1.1', '--id', 'good'))
  await expectEnd('the good version was promoted', good === 0 ? 0 : -1, '1.1', begun)

  begun = performance.now()
  say('Story 2: version 1.2 is bad: 2 % errors, and slow.')
  const bad = await exitOf(rollout('1.2', '--id', 'bad'))
  await expectEnd('the bad version was rolled back', bad === 1 ? 1 : -1, '1.1', begun)

  begun = performance.now()
  say('Story 3: version 1.3 is good, and its orchestrator is killed with SIGKILL half-way.')
  const doomed = rollout('1.3', '--id', 'killed')
  const killedAt = exitOf(doomed)
  setTimeout(() => doomed.kill('SIGKILL'), 6_000)
  say(`Its orchestrator is gone: ${await killedAt}. Users go on. A new process takes over.`)
  const resumed = await exitOf(rollout('1.3', '--id', 'killed'))
  await expectEnd('the killed rollout was resumed and promoted', resumed === 0 ? 0 : -1, '1.3', begun)
} finally {
  await load.stop()
  await proxy.close()
  await target.stopAll()
}
say(`${isGood ? 'All three ended as they should.' : 'Something went wrong.'} Reports: ${join(directory, 'reports')}`)
process.exitCode = isGood ? 0 : 1
