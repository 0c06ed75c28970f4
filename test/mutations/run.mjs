// Plants one bug after the other in a copy of the engine and the machine, and shows that the tests find each.
// Usage: node test/mutations/run.mjs [part of a bug's name]
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const longestMs = 150_000
const tests = ['test/lifecycle', 'test/crash', 'test/faults']

/** Each: what is wrong, where, and the text that makes it so. */
const bugs = [
  [
    'it acts before the record is durable',
    'src/engine/append-step.ts',
    'await journal.append(last)',
    'void journal.append(last)',
  ],
  ['a rollback raises the weight', 'src/lifecycle/orders.ts', /weight: 0,/, 'weight: Math.min(100, context.weight + 5),'],
  [
    'late answers are accepted',
    'src/lifecycle/machine.ts',
    "'key' in event && event.key === context.awaiting?.key",
    "'key' in event",
  ],
  [
    'an inconclusive verdict passes',
    'src/lifecycle/machine.ts',
    "event.verdict.outcome === 'pass' &&",
    "event.verdict.outcome !== 'fail' &&",
  ],
  [
    'a quorum counts one person twice',
    'src/lifecycle/signals.ts',
    'if (context.approvals.includes(key))',
    "if (context.approvals.includes('nobody'))",
  ],
  ['the author may approve', 'src/lifecycle/signals.ts', '!step.byAuthor && key', 'step.byAuthor && key'],
  [
    'a key holds the attempt',
    'src/engine/attempt.ts',
    'fencingToken, idempotencyKey })',
    'fencingToken, idempotencyKey: idempotencyKey + clock.now() })',
  ],
  ['a weight is not read back', 'src/engine/perform.ts', 'if (inForce !== effect.weight)', 'if (inForce === undefined)'],
  ['a deploy is not read back', 'src/engine/perform.ts', 'if (found === undefined ||', 'if (found === null ||'],
  [
    'a timer overrides inconclusive',
    'src/lifecycle/machine.ts',
    "{ guard: due('step'), target: '#track.held', actions: change('hold') },",
    "{ guard: due('step'), target: '#track.choosing', actions: change('next') },",
  ],
  ['the bake time is not waited for', 'src/lifecycle/machine.ts', 'event.at >= context.watch.until', 'event.at >= 0'],
  [
    'the canary is retired before its weight is 0',
    'src/lifecycle/rollback-plan.ts',
    "...(isRouted(context) ? [{ kind: 'shift' } as const] : []),",
    '',
  ],
  [
    'a restart does not take up what was under way',
    'src/engine/drive.ts',
    /\n {2}reconcile\(\)\n {2}return \{/,
    '\n  setTimer()\n  return {',
  ],
  [
    'a deadline is ignored',
    'src/lifecycle/machine.ts',
    "'deadline.passed': { guard: due('step'), target: 'failed', actions: change('fail') },\n      },\n      states: {\n        starting",
    '},\n      states: {\n        starting',
  ],
  [
    'a rolled-back track keeps its deadline',
    'src/lifecycle/machine.ts',
    "target: '#track.rolledBack', actions: change('settle')",
    "target: '#track.rolledBack'",
  ],
  [
    'a failing rollback gives up',
    'src/lifecycle/machine.ts',
    "actions: [change('noteTrouble'), change('planRetry')],\n        },\n      },\n      states",
    "target: 'rolledBack', actions: change('settle'),\n        },\n      },\n      states",
  ],
  [
    'an abort is forgotten while paused',
    'src/lifecycle/signals.ts',
    "if (signal.type === 'abort.requested') return undefined",
    "if (signal.type === 'abort.requested') return Object.values(tracks).some((track) => track.context.paused) ? 'Paused.' : undefined",
  ],
  ['old samples enter the verdict', 'src/lifecycle/changes.ts', 'from: event.look.to', 'from: event.look.from - 60_000'],
  [
    'a second life forgets its fencing token',
    'src/engine/orchestrator.ts',
    'held?.fencingToken ?? journal.fencingToken',
    'held?.fencingToken ?? 1',
  ],
  [
    'a unit goes back before those that depend on it',
    'src/lifecycle/release.ts',
    'rollback.told.includes(track.id) || !areDependentsBack(draft, track)',
    'rollback.told.includes(track.id)',
  ],
]

const wanted = process.argv[2] ?? ''
const [nothing, ...others] = [['nothing'], ...bugs.filter(([name]) => name.includes(wanted))].map(plant)
const survivors = others.filter(({ isFound }) => !isFound)
console.log(`${others.length - survivors.length} of ${others.length} planted bugs were found.`)
// Tests that fail anyway find nothing.
if (nothing.isFound || survivors.length > 0) process.exitCode = 1

/** @returns whether the tests notice: one of them fails, or never comes to an end */
function plant([name, file, from, to]) {
  const copy = mkdtempSync(join(tmpdir(), 'taxiway-'))
  try {
    for (const part of ['src', 'test', 'adapters', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    if (file !== undefined) {
      const text = readFileSync(join(copy, file), 'utf8')
      const mutated = text.replace(from, () => to)
      if (mutated === text) throw new Error(`${file} holds no ${from}: the bug "${name}" cannot be planted any more. Adapt it.`)
      writeFileSync(join(copy, file), mutated)
    }
    const begunAt = performance.now()
    const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--bail=1', '--no-color', ...tests], {
      cwd: copy,
      env: { ...process.env, CRASH_EVERY: '11', FAULT_RUNS: '120' },
      encoding: 'utf8',
      timeout: longestMs,
    })
    const failed = /^ +× (.*)/m.exec(stdout)?.[1]
    // Vitest ends by itself when it is told to, and says nothing of the test that it was at.
    const isEndless = performance.now() - begunAt >= longestMs
    if (status !== 0 && failed === undefined && !isEndless) throw new Error(`the tests cannot run:\n${stdout}`)
    const isFound = status !== 0
    console.log(isFound ? `found: ${name}\n       by ${failed ?? 'a test that never ended'}` : `NOT FOUND: ${name}`)
    return { isFound }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
