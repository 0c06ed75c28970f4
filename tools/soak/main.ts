/**
 * Long runs of what `npm test` tries for a minute: random faults, crashes, kills of a real process, and 100,000 releases.
 *
 *     npm run soak -- [--only faults,crashes,kills,stops,growth] [--scale FACTOR] [--seed N]
 *
 * Each part prints its seed and its counts. A fault schedule that goes wrong is shrunk to a small one before it is printed.
 */
import { parseArgs } from 'node:util'
import { crashAgain, crashOnce } from '../../test/support/crash-points.js'
import { faultSchedules } from '../../test/support/fault-schedules.js'
import { grow } from './growth.js'
import { killAtRandom } from './kills.js'

const parts: Readonly<Record<string, (scale: number, seed: number) => Promise<object>>> = {
  faults: (scale, seed) => faultSchedules(Math.ceil(50_000 * scale), seed),
  async crashes(scale, seed) {
    return { once: sound(await crashOnce(Math.ceil(1 / scale))), again: sound(await crashAgain(Math.ceil(50 * scale), seed)) }
  },
  kills: async (scale, seed) => sound(await killAtRandom(Math.ceil(1_000 * scale), seed)),
  stops: async (scale, seed) => sound(await killAtRandom(Math.ceil(200 * scale), seed, 2)),
  async growth(scale) {
    const reports = []
    for (const kind of ['memory', 'file'] as const) reports.push(steady(await grow(kind, Math.ceil(100_000 * scale))))
    return reports
  },
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(parts).join() },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
for (const name of values.only.split(',')) {
  const part = parts[name]
  if (part === undefined) throw new Error(`There is no part "${name}", but ${Object.keys(parts).join(', ')}.`)
  console.log(`== ${name}, seed ${values.seed}`)
  const startedAt = performance.now()
  try {
    console.log(await part(Number(values.scale), Number(values.seed)))
  } catch (error) {
    console.error(error)
    process.exitCode = 1
  }
  console.log(`   ${Math.round((performance.now() - startedAt) / 1000)} s`)
}

function sound<T extends { readonly wrong: readonly string[] }>(report: T): T {
  if (report.wrong.length === 0) return report
  const { wrong, ...counts } = report
  throw new Error(`${JSON.stringify(counts)}, and ${wrong.length} things went wrong:\n${wrong.slice(0, 20).join('\n')}`)
}

/** A heap differs by some MiB from one collection to the next; a leak of 100 bytes for each release would show. */
function steady(report: Awaited<ReturnType<typeof grow>>): object {
  if (report.atEnd - report.after1000 < 5) return report
  throw new Error(`The heap grows: ${JSON.stringify(report)}`)
}
