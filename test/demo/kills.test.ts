import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFileJournal } from '../../adapters/file/index.js'
import { startHttpProxy } from '../../adapters/http-proxy/index.js'
import { processTarget } from '../../adapters/process/index.js'
import { startLoad } from '../../examples/demo/load.js'
import { parseRecord, replayStep } from '../../src/lifecycle/record.js'
import type { ReleaseSnapshot } from '../../src/lifecycle/release.js'
import { statusOf } from '../../src/lifecycle/status.js'
import { secret } from '../../src/vocabulary/secret.js'
import { demo, endOf, processesIn, startProgram } from './rollouts.js'

/** Twenty take five minutes; the number for a change to the engine. */
const kills = Number(process.env.TAXIWAY_KILLS ?? 2)
const seed = Number(process.env.TAXIWAY_SEED ?? Date.now() % 1_000_000)

/** Where a journal says a release stands. */
async function journaled(directory: string, release: string) {
  const journal = await openFileJournal(join(directory, 'journal'))
  let snapshot: ReleaseSnapshot | undefined
  for await (const { body, seq } of journal.read(release)) snapshot = replayStep(snapshot, parseRecord(body, `${seq}`), `${seq}`)
  await journal.verify()
  await journal.close()
  return statusOf(snapshot!)
}

test(`a rollout that is killed at a random instant ends as it should have, ${kills} times (seed ${seed})`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'taxiway-kills-'))
  const token = 'a token of the kill test'
  const service = {
    instances: 2,
    readyPath: '/ready',
    command: ({ version }: { version: string }) => ({
      file: process.execPath,
      args: [join(demo, 'service.ts'), version],
      cwd: directory,
    }),
  }
  const target = processTarget({ directory: join(directory, 'processes'), units: { shop: service } })
  const proxy = await startHttpProxy({
    unit: 'shop',
    port: 0,
    resolve: target.urls,
    control: { port: 0, token: secret(() => token) },
  })
  const load = startLoad(proxy.url, 300)
  const options = { signal: AbortSignal.timeout(1_000_000), idempotencyKey: 'test', fencingToken: Number.MAX_SAFE_INTEGER }
  const rollout = (version: string, id: string, ...more: string[]) =>
    startProgram('rollout.ts', [version, '--directory', directory, '--proxy', proxy.controlUrl!, '--id', id, ...more], {
      PROXY_TOKEN: token,
    })
  try {
    expect((await endOf(rollout('1.0', 'first', '--first'))).exit).toBe(0)
    load.takeAccount()
    let live = '1.0'
    for (let kill = 0; kill < kills; kill++) {
      const isBad = kill % 2 === 1
      const version = isBad ? `1.2.${kill}` : `1.1.${kill}`
      const id = `r${kill}`
      const doomed = rollout(version, id)
      // A fraction of the golden ratio: random enough to hit every phase, and the same again for the same seed.
      const afterMs = (((seed + kill) * 0.6180339887498949) % 1) * (isBad ? 5_000 : 12_000)
      setTimeout(() => doomed.kill('SIGKILL'), afterMs)
      await endOf(doomed)
      const { exit, said } = await endOf(rollout(version, id))
      // Killed so late that it had ended, it is started anew, and refused: that version is decided on already.
      const hadEnded = /release\/exists|live already/.test(said)
      const status = await journaled(directory, id)
      const context = `kill ${kill} of ${id} after ${afterMs.toFixed(0)} ms: ${said}`
      if (!hadEnded) expect(exit, context).toBe(isBad ? 1 : 0)
      expect(status.status, context).toBe(isBad ? 'rolledBack' : 'promoted')
      if (!isBad) live = version
      const { stable } = await target.observe('shop', options)
      expect(stable?.version, context).toBe(live)
      expect(
        await proxy.router.getWeight({ unit: 'shop', stable: live, canary: isBad ? version : 'none' }, options),
        context,
      ).toBe(0)
      expect(load.takeAccount().codes, context).toEqual([])
    }
  } finally {
    await load.stop()
    await proxy.close()
    await target.stopAll()
    await rm(directory, { recursive: true, force: true })
  }
  expect(processesIn(directory)).toEqual([])
}, 1_200_000)
