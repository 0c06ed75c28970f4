import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileJournal } from '../../adapters/file/index.js'
import { createOrchestrator } from '../../src/engine/orchestrator.js'
import { definePlan } from '../../src/plan/define-plan.js'
import { shift, verify } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { DeployTarget } from '../../src/ports/deploy-target.js'
import type { Journal, JournalRecord } from '../../src/ports/journal.js'
import type { TrafficRouter } from '../../src/ports/traffic-router.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'

export interface GrowthReport {
  readonly journal: string
  readonly releases: number
  readonly records: number
  /** Of the heap after a collection, MiB: when 1,000 releases had ended, and at the end. */
  readonly after1000: number
  readonly atEnd: number
  readonly seconds: number
}

/** A journal, and how it is rid of releases that have ended. */
interface Kept {
  readonly name: string
  readonly journal: Journal
  forget(releases: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

const units = Array.from({ length: 64 }, (_, i) => `u${i}`)
const forgetEvery = 1_000

/** Runs so many releases to their ends, 64 at a time, and sees what they leave in memory. Needs `node --expose-gc`. */
export async function grow(kind: 'memory' | 'file', releases: number): Promise<GrowthReport> {
  const kept = await (kind === 'memory' ? shortMemory() : archived())
  let [records, begun, ended, after1000] = [0, 0, 0, Number.NaN]
  const old: string[] = []
  const orchestrator = createOrchestrator({
    adapters: { deploy: { world: quietTarget() }, router: { world: quietRouter() }, hook: { smoke } },
    journal: kept.journal,
    observers: [
      {
        record() {
          records += 1
        },
      },
    ],
  })
  const startedAt = performance.now()
  try {
    await Promise.all(units.map(releaseOn))
    await kept.forget(old)
    return {
      journal: kept.name,
      releases: ended,
      records,
      after1000,
      atEnd: heap(),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    }
  } finally {
    await orchestrator[Symbol.asyncDispose]()
    await kept.close()
  }

  async function releaseOn(unit: string): Promise<void> {
    const plan = definePlan({
      name: unit,
      units: { [unit]: { deploy: 'world', router: 'world' } },
      stages: [{ name: 'prod', strategy: canary(shift(10), verify('smoke'), shift(50), verify('smoke')) }],
    })
    while (begun < releases) {
      const version = `${++begun}`
      const author = { id: 'ann' }
      const handle = await orchestrator.start(plan as never, {
        id: `${unit}-${version}`,
        artifacts: { [unit]: { version } },
        author,
      })
      const { status } = await handle.result
      if (status !== 'promoted') throw new Error(`${handle.id} is ${status}`)
      old.push(handle.id)
      ended += 1
      if (old.length < forgetEvery) continue
      await kept.forget(old.splice(0))
      if (Number.isNaN(after1000)) after1000 = heap()
    }
  }
}

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('Run it with node --expose-gc.')
  for (let round = 0; round < 4; round++) globalThis.gc()
  return Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 10) / 10
}

async function archived(): Promise<Kept> {
  const home = await mkdtemp(join(tmpdir(), 'taxiway-growth-'))
  const journal = await openFileJournal(home)
  return {
    name: 'file',
    journal,
    forget: (releases) => journal.archive(releases),
    async close() {
      await journal.close()
      await rm(home, { recursive: true })
    },
  }
}

/** A journal in memory keeps everything, which is its purpose; this one forgets, so that what grows is the engine. */
async function shortMemory(): Promise<Kept> {
  const kept = new Map<string, JournalRecord[]>()
  const journal: Journal = {
    fencingToken: 1,
    async append(record) {
      const records = kept.get(record.release) ?? []
      if (record.seq !== records.length + 1) throw new ReleaseError('journal/conflict', `Record ${record.seq} is not next.`)
      records.push(record)
      kept.set(record.release, records)
    },
    async *read(release) {
      yield* kept.get(release) ?? []
    },
    async *releases() {
      yield* kept.keys()
    },
    async close() {},
  }
  const forget = async (releases: readonly string[]) => {
    for (const release of releases) kept.delete(release)
  }
  return { name: 'memory', journal, forget, close: journal.close }
}

/** Keeps nothing but what is live. */
function quietTarget(): DeployTarget {
  const live = new Map<string, { stable?: string; running: Set<string> }>()
  const at = (unit: string) => {
    const state = live.get(unit) ?? { stable: '0', running: new Set(['0']) }
    live.set(unit, state)
    return state
  }
  return {
    async deploy({ unit, artifact }) {
      at(unit).running.add(artifact.version)
    },
    async promote({ unit, artifact }) {
      at(unit).stable = artifact.version
    },
    async retire({ unit, artifact }) {
      at(unit).running.delete(artifact.version)
    },
    async observe(unit) {
      const { stable, running } = at(unit)
      const versions = [...running].map((version) => ({ artifact: { version }, readyInstances: 1, instances: 1 }))
      return { versions, ...(stable !== undefined && { stable: { version: stable } }) }
    },
  }
}

function quietRouter(): TrafficRouter {
  const weights = new Map<string, number>()
  return {
    capabilities: { mirror: false, smallestStepPercent: 1 },
    async setWeight({ unit }, weight) {
      weights.set(unit, weight)
    },
    getWeight: async ({ unit }) => weights.get(unit) ?? 0,
    async settle({ unit }) {
      weights.set(unit, 0)
    },
  }
}

const smoke = async () => ({ outcome: 'pass', says: 'Looked.' }) as const
