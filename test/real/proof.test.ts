import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFileJournal } from '../../adapters/file/index.js'
import { type Answer, startLoad } from '../../examples/demo/load.js'
import { fleet } from '../../examples/real/fleet.js'
import { parseRecord } from '../../src/lifecycle/record.js'
import { type Haproxy, startHaproxy } from './haproxy-server.js'
import { type MetricsServer, scrapeMs, startPrometheusOn } from './prometheus-server.js'
import { isMissing } from './servers.js'
import { isUnleashMissing, startClient, startUnleash } from './unleash/unleash-server.js'

// The example of examples/real as its users run it, under steady requests, and what they saw of it.
const rollout = resolve(import.meta.dirname, '../../examples/real/rollout.ts')
const perSecond = 300
const places = ['blue1', 'blue2', 'green1', 'green2'].map((name) => `  server ${name} 127.0.0.1:1 check inter 100ms weight 0\n`)
const users = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)

describe.skipIf(isMissing('prometheus') || isMissing('haproxy') || isUnleashMissing())('Prometheus, HAProxy and Unleash', () => {
  let directory: string
  let haproxy: Haproxy
  let prometheus: MetricsServer
  let unleash: Awaited<ReturnType<typeof startUnleash>>
  let application: Awaited<ReturnType<typeof startClient>>
  let load: ReturnType<typeof startLoad>
  let answers: Answer[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'taxiway-'))
    await writeFile(join(directory, 'targets.json'), '[]')
    haproxy = await startHaproxy(`shop\n  balance roundrobin\n  option httpchk GET /ready\n${places.join('')}`)
    prometheus = await startPrometheusOn(join(directory, 'targets.json'))
    unleash = await startUnleash()
    await unleash.admin('POST', '/projects/default/features', { name: 'new-basket' })
    application = await startClient(unleash)
    expect(await run('1.0', 'first', '--first')).toBe(0)
    load = startLoad(haproxy.url, perSecond, (answer) => answers.push(answer))
  }, 180_000)

  afterAll(async () => {
    await load?.stop()
    application?.destroy()
    await fleet({ directory, haproxy: '' }).stopAll()
    for (const server of [haproxy, prometheus, unleash]) await server?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  async function run(version: string, id: string, ...more: string[]): Promise<number> {
    const options = { directory, haproxy: haproxy.path.path, prometheus: prometheus.url, unleash: unleash.url, id }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const child = spawn(process.execPath, [rollout, version, ...args, ...more], {
      env: { ...process.env, UNLEASH_TOKEN: unleash.adminToken },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.on('data', (said) => process.stdout.write(said))
    const [code] = await once(child, 'exit')
    return code
  }

  async function recordsOf(id: string) {
    const journal = await openFileJournal(join(directory, 'journal'))
    const records = []
    for await (const { at, body, seq } of journal.read(id)) records.push({ at, ...parseRecord(body, `record ${seq}`) })
    await journal.close()
    return records
  }

  const shareOfUsers = () => users.filter((userId) => application.isEnabled('new-basket', { userId })).length / users.length

  test('a good version is promoted, no request fails, and the split is as asked at every step', {
    timeout: 180_000,
  }, async () => {
    answers = []
    load.takeAccount()
    expect(await run('1.1', 'good')).toBe(0)
    const account = load.takeAccount()
    expect(account).toMatchObject({ connectionErrors: 0, codes: [] })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const records = await recordsOf('good')
    const shifts = records.flatMap(({ at, event }) => (event.type === 'traffic.shifted' ? [{ at, weight: event.weight }] : []))
    expect(shifts.map(({ weight }) => weight)).toEqual([10, 25, 50, 100])
    for (const [i, { at, weight }] of shifts.slice(0, -1).entries()) {
      // Ordered a little before it is confirmed: what is asked in between may go either way.
      const next = records.find((record) => record.at > at && record.effects.some(({ type }) => type === 'traffic.shift'))!.at
      const during = answers.filter(({ askedAt, at: answeredAt }) => askedAt > at && answeredAt < next)
      const canary = during.filter(({ version }) => version === '1.1').length
      const [expected, noise] = [weight / 100, Math.sqrt((weight / 100) * (1 - weight / 100) * during.length)]
      console.log(`${weight} %: ${canary} of ${during.length} requests, ${((100 * canary) / during.length).toFixed(2)} %`)
      expect(during.length, `requests at step ${i}`).toBeGreaterThan(4 * perSecond)
      expect(Math.abs(canary - expected * during.length)).toBeLessThan(2 * noise)
    }
    expect(Math.abs(shareOfUsers() - 0.25)).toBeLessThan(0.02)
  })

  test('a bad version is off within two scrapes of the evidence, and the old one serves on', { timeout: 180_000 }, async () => {
    answers = []
    load.takeAccount()
    expect(await run('1.2', 'bad')).toBe(1)
    expect(load.takeAccount()).toMatchObject({ connectionErrors: 0 })
    const records = await recordsOf('bad')
    const verdict = records.flatMap(({ event }) =>
      event.type === 'metrics.looked' && event.verdict.outcome === 'fail' ? [event.look.to] : [],
    )[0]!
    const last = Math.max(...answers.flatMap(({ version, askedAt }) => (version === '1.2' ? [askedAt] : [])))
    console.log(`the last request to the bad version came ${last - verdict} ms after the end of the interval that condemned it`)
    expect(last - verdict).toBeLessThan(2 * scrapeMs)
    expect(answers.filter(({ version, status }) => version !== '1.2' && status !== 200)).toEqual([])
    expect(answers.at(-1)?.version).toBe('1.1')
  })
})
