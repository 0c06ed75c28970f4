/** One rollout, as a team would run it from a terminal or a CI step: `node rollout.ts VERSION`. Run it again after a crash. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createOrchestrator, ReleaseError, secret } from 'taxiway'
import { openFileJournal } from 'taxiway/adapters/file'
import { connectHttpProxy } from 'taxiway/adapters/http-proxy'
import { openMetricsSource } from 'taxiway/adapters/openmetrics'
import { exitCodes, runInTerminal } from 'taxiway/cli'
import { firstPlan, plan } from './plan.ts'
import { shopTarget } from './shop.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { directory: { type: 'string' }, proxy: { type: 'string' }, id: { type: 'string' }, first: { type: 'boolean' } },
})
const [version] = positionals
const { directory, proxy, id, first } = values
const token = process.env.PROXY_TOKEN
if (!version || !directory || !proxy || !token) {
  console.error('usage: PROXY_TOKEN=… node rollout.ts VERSION --directory DIR --proxy URL [--id ID] [--first]')
  process.exit(exitCodes.failed)
}

await mkdir(directory, { recursive: true })
try {
  const journal = await openFileJournal(join(directory, 'journal'))
  const target = shopTarget(directory)
  await using orchestrator = createOrchestrator({
    journal,
    adapters: {
      deploy: { local: target },
      router: { proxy: connectHttpProxy({ url: proxy, token: secret(() => token) }) },
      metrics: { scrape: openMetricsSource({ instances: target.urls }) },
    },
  })
  const [unfinished] = await orchestrator.resume()
  const release =
    unfinished ??
    (await orchestrator.start(first ? firstPlan : plan, {
      artifacts: { shop: { version } },
      author: { id: 'demo' },
      ...(id && { id }),
    }))
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
