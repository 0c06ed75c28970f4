import { appendFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openFileJournal } from '../../adapters/file/index.js'
import type { Adapters } from '../../src/engine/adapters.js'
import { checkpointEvery, type Progress } from '../../src/engine/append-step.js'
import { replay, replayAll } from '../../src/engine/replay.js'
import { checkpointText, fromCheckpoint } from '../../src/lifecycle/checkpoint.js'
import { nextTurn } from '../../src/lifecycle/invariants/history.js'
import { bake, shift } from '../../src/plan/step.js'
import { canary } from '../../src/plan/strategy.js'
import type { Checkpoint, Journal } from '../../src/ports/journal.js'
import type { VirtualClock } from '../../src/testing/virtual-clock.js'
import { beginning, nextEvents } from '../lifecycle/walk.js'
import { canaryPlan, ended, pretend } from '../support/pretended.js'
import { firstReleases, type PlanName, plans } from '../support/stories.js'

let crashed = ''
let adapters: Adapters = {}
let home = ''
let path = ''
beforeAll(async () => {
  crashed = await mkdtemp(join(tmpdir(), 'taxiway-'))
  adapters = await interrupt(crashed)
})
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'taxiway-'))
  path = join(home, 'checkpoints.jsonl')
  await cp(crashed, home, { recursive: true })
})
afterEach(() => rm(home, { recursive: true }))
afterAll(() => rm(crashed, { recursive: true }))

const longPlan = {
  ...canaryPlan,
  stages: [{ name: 'production', strategy: canary(shift(5), bake('20m', { judge: 'healthy', every: '10s' })) }],
}
/** Leaves a journal with a release whose process is gone in the middle of its watch. @returns the world, which goes on */
async function interrupt(directory: string): Promise<Adapters> {
  const { journal, written } = tapped(await openFileJournal(directory))
  const { start, clock, orchestrator, world } = pretend({ journal })
  let records = 0
  const handle = await start(longPlan)
  handle.on('record', () => {
    records += 1
  })
  await passUntil(clock, written, () => records > 2.5 * checkpointEvery)
  await orchestrator[Symbol.asyncDispose]()
  await journal.close()
  return { deploy: { local: world.deploy }, router: { proxy: world.router } }
}

/** The same journal: tells when all is written that it was given, and of each record that is read. */
function tapped(journal: Journal, onRead = () => {}) {
  let last: Promise<void> = Promise.resolve()
  const count = async function* <T>(records: AsyncIterable<T>) {
    for await (const record of records) {
      onRead()
      yield record
    }
  }
  const same: Journal = {
    fencingToken: journal.fencingToken,
    ...(journal.checkpoints && { checkpoints: journal.checkpoints }),
    append(record) {
      last = journal.append(record)
      return last
    },
    read: (release) => count(journal.read(release)),
    readWanted: (isWanted) => count(journal.readWanted!(isWanted)),
    releases: () => journal.releases(),
    close: () => journal.close(),
  }
  return { journal: same, written: () => last }
}

/** The disk is real, and answers in its own time: ours stands still until it has. */
async function passUntil(clock: VirtualClock, written: () => Promise<void>, isThere: () => boolean) {
  while (!isThere()) {
    await clock.advance(1_000)
    for (let seen: Promise<void> | undefined; seen !== written(); await clock.advance(0)) {
      seen = written()
      await seen
    }
  }
}

/** Where the release stands, and how many records were read for that. */
async function found(): Promise<{ readonly progress: Progress; readonly read: number; readonly whole: Progress }> {
  let read = 0
  const { journal } = tapped(await openFileJournal(home), () => {
    read += 1
  })
  try {
    const all: Progress[] = []
    for await (const progress of replayAll(journal)) all.push(progress)
    expect(all).toHaveLength(1)
    const soFar = read
    return { progress: all[0]!, read: soFar, whole: await replay(journal, 'r1') }
  } finally {
    await journal.close()
  }
}

const linesOf = async (path: string) => (await readFile(path, 'utf8')).trim().split('\n')

test('a release is picked up from its checkpoint, and stands where a whole replay has it', async () => {
  const { progress, whole, read } = await found()
  expect(progress).toEqual(whole)
  expect(read).toBeLessThan(whole.seq / 2)
})

const damages: Record<string, (path: string, lines: readonly string[]) => Promise<void>> = {
  'that are gone': (path) => rm(path),
  'whose last one is torn': async (path, lines) => truncate(path, lines.join('\n').length - 40),
  'that are all torn': (path) => truncate(path, 30),
  'that are not text': (path) => writeFile(path, Buffer.from([0xff, 0, 10, 0xfe, 123])),
  'of another release': (path, lines) => writeFile(path, lines.at(-1)!.replace('"weight":5', '"weight":50')),
  'that say another phase': (path, lines) => writeFile(path, lines.at(-1)!.replace('running', 'proposed')),
  'under a false number': async (path, lines) => {
    const last: Checkpoint = JSON.parse(lines.at(-1)!)
    await writeFile(path, `${JSON.stringify({ ...last, seq: last.seq + 1 })}\n`)
  },
  'from a future that the journal has lost': async (path, lines) => {
    const last: Checkpoint = JSON.parse(lines.at(-1)!)
    await appendFile(path, `${JSON.stringify({ ...last, seq: last.seq + 10 * checkpointEvery })}\n`)
  },
  'with a number that is none': (path) => writeFile(path, '{"release":"r1","seq":"many","text":"{}"}\n'),
}
test.each(Object.entries(damages))('checkpoints %s change nothing but the time it takes', async (_, damage) => {
  const lines = await linesOf(path)
  expect(lines.length).toBeGreaterThan(1)
  await damage(path, lines)
  const { progress, whole } = await found()
  expect(progress).toEqual(whole)
})

test('an older checkpoint serves as well as the newest', async () => {
  const [first = ''] = await linesOf(path)
  await writeFile(path, `${first}\n`)
  const { progress, whole, read } = await found()
  expect(progress).toEqual(whole)
  expect(read).toBeLessThan(whole.seq)
})

test('a release that was picked up from a checkpoint goes on to the same end, with checkpoints of its own', async () => {
  const before = (await linesOf(path)).length
  const { journal, written } = tapped(await openFileJournal(home))
  const { orchestrator, clock } = pretend({ journal, adapters })
  const [handle] = await orchestrator.resume()
  await ended({ runUntil: (isDone) => passUntil(clock, written, isDone) }, handle!)
  const whole = await replay(journal, 'r1')
  expect(whole.snapshot.phase).toBe('ended')
  for await (const progress of replayAll(journal)) expect.unreachable(`${progress.snapshot.release} has ended`)
  await journal.close()
  expect((await linesOf(path)).length).toBeGreaterThan(before)
})

test('a checkpoint holds everything that a snapshot says, in whichever state', () => {
  let count = 0
  const states = new Set<string>()
  for (const name of Object.keys(plans) as PlanName[]) {
    const [first, second] = beginning(plans[name], firstReleases.includes(name))
    let turns = [second!]
    for (let depth = 0; depth < 6; depth++)
      turns = turns.slice(0, 40).flatMap((turn) => {
        expect(fromCheckpoint(first!.after, checkpointText(turn.after))).toEqual(turn.after)
        for (const { state } of Object.values(turn.after.tracks)) states.add(state)
        count += 1
        return nextEvents(turn.after).map(({ event }) => nextTurn(turn, { event }))
      })
  }
  console.log(`${count} snapshots in ${states.size} states`)
  expect(states.size).toBeGreaterThan(10)
})
