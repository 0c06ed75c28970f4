/** One rollout with Prometheus, HAProxy and Unleash: `node rollout.ts VERSION …`. Run it again after a crash. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createOrchestrator, flagHooks, ReleaseError, secret } from 'taxiway'
import { openFileJournal } from 'taxiway/adapters/file'
import { haproxyRouter } from 'taxiway/adapters/haproxy'
import { prometheusSource } from 'taxiway/adapters/prometheus'
import { unleashFlagService } from 'taxiway/adapters/unleash'
import { exitCodes, runInTerminal } from 'taxiway/cli'
import { fleet } from './fleet.ts'
import { firstPlan, plan } from './plan.ts'

const text = { type: 'string' } as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { directory: text, haproxy: text, prometheus: text, unleash: text, id: text, first: { type: 'boolean' } },
})
const [version] = positionals
const { directory, haproxy, prometheus, unleash, id, first } = values
if (!version || !directory || !haproxy || !prometheus || !unleash || !process.env.UNLEASH_TOKEN) {
  console.error(
    'usage: UNLEASH_TOKEN=… node rollout.ts VERSION --directory DIR --haproxy SOCKET --prometheus URL --unleash URL [--id ID] [--first]',
  )
  process.exit(exitCodes.failed)
}

await mkdir(directory, { recursive: true })
try {
  const journal = await openFileJournal(join(directory, 'journal'))
  const shop = fleet({ directory, haproxy })
  const token = secret(() => process.env.UNLEASH_TOKEN)
  const { set, undo } = flagHooks(unleashFlagService({ url: unleash, environment: 'production', token }))
  await using orchestrator = createOrchestrator({
    journal,
    adapters: {
      deploy: { fleet: shop.target },
      router: { haproxy: haproxyRouter({ socket: { path: haproxy }, backend: 'shop', serversOf: shop.serversOf }) },
      metrics: { prometheus: prometheusSource({ url: prometheus }) },
      hook: { flag: set, unflag: undo },
    },
  })
  const [unfinished] = await orchestrator.resume()
  const wanted = { artifacts: { shop: { version } }, author: { id: 'example' }, ...(id && { id }) }
  const release = unfinished ?? (await orchestrator.start(first ? firstPlan : plan, wanted))
  process.exitCode = await runInTerminal(release, {
    report: join(directory, 'reports', `${release.id}.html`),
    resumeCommand: `node ${process.argv.slice(1).join(' ')}`,
  })
  await journal.close()
} catch (error) {
  if (!ReleaseError.is(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = exitCodes.failed
}
