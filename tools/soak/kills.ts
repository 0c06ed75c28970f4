import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { exportJournal, verifyFileJournal } from '../../adapters/file/index.js'
import { historyOf, violations, type WorldCall } from '../../src/lifecycle/invariants.js'
import { parseRecord, type ReleaseRecord } from '../../src/lifecycle/record.js'
import { statusOf } from '../../src/lifecycle/status.js'
import { xoshiro128 } from '../../src/vocabulary/xoshiro128.js'
import { startWorker, type WorkerProcess } from './worker-process.js'
import { isBad, serveWorld } from './world-server.js'

export interface KillsReport {
  readonly kills: number
  readonly duringOpening: number
  readonly releases: number
  readonly promoted: number
  readonly rolledBack: number
  readonly records: number
  readonly acknowledged: number
  readonly archives: number
  readonly calls: number
  /** Under a key that was sent before: what a crash left unknown. */
  readonly repeated: number
  /** Calls of a process that had lost the journal. */
  readonly refused: number
  /** What is wrong; empty when all is well. */
  readonly wrong: readonly string[]
}

const units = Array.from({ length: 8 }, (_, i) => `u${i}`)

/**
 * Kills a process that releases, again and again, at random instants, and lets the last one come to an end. Its journal is on a
 * disk, its adapters call another process.
 *
 * @param stops - instead of being killed, every so-manieth process is stopped, its journal taken over, and it is woken again
 */
export async function killAtRandom(kills: number, seed: number, stops = Number.POSITIVE_INFINITY): Promise<KillsReport> {
  const random = xoshiro128(seed).uniform
  const home = await mkdtemp(join(tmpdir(), 'taxiway-kills-'))
  const [socketPath, directory] = [join(home, 'world'), join(home, 'journal')]
  const world = await serveWorld(socketPath, units, random)
  const wrong: string[] = []
  const acknowledged = new Map<string, number>()
  const next = Object.fromEntries(units.map((unit) => [unit, 1]))
  const start = () => startWorker({ socketPath, directory, cache: join(home, 'cache') }, note)
  let duringOpening = 0
  let examined = 0
  let isOver = false
  const stopped: WorkerProcess[] = []
  let spare = start()
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const worker = spare
      spare = start()
      worker.go({ next, takeOver: stopped.length > 0, maxRecords: 300 })
      // In every fifth life it is about to open the journal, or to resume; in the others it is at work.
      if (kill % 5 === 0) {
        duringOpening += 1
        await pass(random() * 40)
      } else {
        const isAlive = await worker.said(1 + Math.floor(random() * 60))
        if (!isAlive) throw new Error(`process ${kill} ended by itself: ${worker.complaint()}`)
        await pass(random() * 5)
      }
      for (const { child } of stopped) child.kill('SIGCONT')
      await Promise.all(stopped.splice(0).map(({ gone }) => gone))
      if (kill % stops === 0) stopped.push(worker)
      worker.child.kill(kill % stops === 0 ? 'SIGSTOP' : 'SIGKILL')
      if (kill % stops !== 0) await worker.gone
      await expectOrdered()
    }
    spare.go({ next, takeOver: stopped.length > 0, maxRecords: 300 })
    await spare.said(1)
    for (const { child } of stopped) child.kill('SIGCONT')
    await pass(300)
    spare.finish()
    await Promise.all([...stopped, spare].map(({ gone }) => gone))
    if (!isOver) throw new Error(`the last process did not come to its end: ${spare.complaint()}`)
    return { kills, duringOpening, ...(await examine()) }
  } finally {
    for (const { child } of [...stopped, spare]) child.kill('SIGKILL')
    await world.close()
    await rm(home, { recursive: true, force: true })
  }

  function note(line: string): void {
    if (line === 'done') isOver = true
    const [release = '', seq] = line.split(' ')
    const [unit = '', version] = release.split('-')
    if (version === undefined) return
    acknowledged.set(release, Math.max(acknowledged.get(release) ?? 0, Number(seq)))
    next[unit] = Math.max(next[unit] ?? 0, Number(version) + 1)
  }

  /** I23, as a kill left it: whatever was done, the journal had ordered. Later it is too late to tell. */
  async function expectOrdered(): Promise<void> {
    const names = (await readdir(directory).catch(() => [])).filter((name) => /^(archive|journal)\..*jsonl$/.test(name)).sort()
    const text = (await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')))).join('')
    const done = world.calls.slice(examined).filter(isChanging)
    examined = world.calls.length
    for (const { key, method } of done)
      if (text.lastIndexOf(`"key":"${key}"`) < 0) wrong.push(`${key}: ${method} was done, and no record had ordered it`)
  }

  async function examine() {
    const { records, archivesHere } = await verifyFileJournal(directory)
    const histories = new Map<string, ReleaseRecord[]>()
    for await (const line of exportJournal(directory, { format: 'jsonl' })) {
      const { release, body } = JSON.parse(line)
      if (release === undefined) continue
      const history = histories.get(release) ?? []
      histories.set(release, history)
      history.push(parseRecord(body, release))
    }
    for (const [release, seq] of acknowledged)
      if ((histories.get(release)?.length ?? 0) < seq) wrong.push(`${release}: record ${seq} was acknowledged, and is lost`)

    const { calls } = world
    const counts = { promoted: 0, rolledBack: 0 }
    const sameEnd = new Map<string, { readonly release: string; readonly effects: string }>()
    for (const [release, history] of histories) {
      const [unit = '', version = ''] = release.split('-')
      const own = calls.filter(({ key }) => key.startsWith(`${release}:`))
      wrong.push(...violations(historyOf(history, own)).map((says) => `${release}: ${says}`))
      const { status } = statusOf(historyOf(history).turns.at(-1)!.after)
      const wanted = isBad(version) ? 'rolledBack' : 'promoted'
      if (status !== wanted) wrong.push(`${release} is ${status}, not ${wanted}`)
      else counts[status] += 1
      // Whether it was killed or not, the same was done under the same keys: nothing twice under another one.
      const effects = effectsOf(release, version, own)
      const first = sameEnd.get(wanted) ?? { release, effects }
      sameEnd.set(wanted, first)
      if (effects !== first.effects) wrong.push(`${release} did [${effects}], and ${first.release} [${first.effects}]`)
      if (world.stable(unit) === version && isBad(version)) wrong.push(`${version} is bad, and live on ${unit}`)
    }
    const changing = calls.filter(isChanging)
    const distinct = new Set(changing.map(({ key, method }) => `${key} ${method}`)).size
    return {
      releases: histories.size,
      ...counts,
      records,
      acknowledged: [...acknowledged.values()].reduce((sum, seq) => sum + seq, 0),
      archives: archivesHere.length,
      calls: calls.length,
      repeated: changing.length - distinct,
      refused: world.refused(),
      wrong,
    }
  }
}

const isChanging = ({ method }: WorldCall) => !['observe', 'getWeight'].includes(method)

/** What one release did to the world, each thing once, without its own names. */
function effectsOf(release: string, version: string, calls: readonly WorldCall[]): string {
  const said = calls.filter(isChanging).map(({ unit, key, method, detail }) => {
    const what = ['deploy', 'promote', 'settle', 'retire'].includes(method) ? (detail === version ? 'new' : 'old') : detail
    return `${key.slice(release.length).replace(unit, 'unit')} ${method} ${what}`
  })
  return [...new Set(said)].sort().join(', ')
}
