/**
 * An engine process: opens the journal, starts as many releases as it is told, and stands by for those of others. Prints
 * `<release> <word>` for what it drives: `driven`, then how it ended or the code of the error that stopped it.
 */
import pg from 'pg'
import { openPostgresJournal } from '../../../adapters/postgres/index.js'
import { createOrchestrator } from '../../../src/engine/orchestrator.js'
import { systemClock } from '../../../src/engine/system-clock.js'
import type { ReleaseHandle } from '../../../src/index.js'
import { parsePlan } from '../../../src/plan/define-plan.js'
import { bake, shift, verify } from '../../../src/plan/step.js'
import { canary } from '../../../src/plan/strategy.js'
import type { Address } from '../../support/postgres.js'
import { sharedWorld } from './shared-world.js'

export interface Settings {
  readonly address: Address
  readonly name: string
  readonly leaseMs: number
  readonly releases: readonly string[]
  readonly bakeFor: string
}

const { address, name, leaseMs, releases, bakeFor }: Settings = JSON.parse(process.argv[2]!)
const pool = new pg.Pool(address)
const clock = systemClock()
const journal = await openPostgresJournal({ pool, clock, leaseMs, holder: name })
const { deploy, router } = sharedWorld(pool, name)
const smoke = async () => ({ outcome: 'pass', says: 'It answers.' }) as const
const orchestrator = createOrchestrator({
  adapters: { deploy: { world: deploy }, router: { world: router }, hook: { smoke } },
  journal,
  lease: journal.lease,
  clock,
})

await Promise.all(releases.map(start))
console.log('- ready')
for await (const handle of orchestrator.standBy({ everyMs: 200, onError: (error) => console.error(error) })) tell(handle)

async function start(id: string): Promise<void> {
  const plan = parsePlan({
    name: 'short',
    units: { [id]: { deploy: 'world', router: 'world' } },
    stages: [{ name: 'production', strategy: canary(shift(50), bake(bakeFor), verify('smoke')) }],
  })
  tell(await orchestrator.start(plan, { id, artifacts: { [id]: { version: '2' } }, author: { id: 'ann@example.com' } }))
}

function tell({ id, result }: ReleaseHandle): void {
  console.log(`${id} driven`)
  void result.then(
    ({ status }) => console.log(`${id} ${status}`),
    ({ code }) => console.log(`${id} ${code}`),
  )
}
