// Plants one bug after the other in a copy of the engine and the machine, and shows that the tests find each.
// Usage: node test/mutations/run.mjs [pattern of the bugs' names]
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const longestMs = 400_000
const usualTests = ['test/lifecycle', 'test/crash', 'test/faults']

/** Each: what is wrong, where, the text that makes it so, and which tests are to find it where they are not the usual ones. */
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
    'this.idempotencyKey = idempotencyKey',
    'this.idempotencyKey = idempotencyKey + performance.now()',
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
    'clock.now())\n    this.#reconcile()',
    'clock.now())\n    this.#setTimer()',
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
    "actions: [change('noteTrouble'), change('planRetry')],\n        },\n        // The way back",
    "target: 'rolledBack', actions: change('settle'),\n        },\n        // The way back",
  ],
  [
    'an abort is forgotten while paused',
    'src/lifecycle/signals.ts',
    "if (signal.type === 'abort.requested') return undefined",
    "if (signal.type === 'abort.requested') return Object.values(tracks).some((track) => track.context.paused) ? 'Paused.' : undefined",
  ],
  ['old samples enter the verdict', 'src/lifecycle/changes.ts', 'from: event.look.to', 'from: event.look.from - 60_000'],
  [
    'a clock that was set back is believed',
    'src/engine/drive.ts',
    'return Math.max(this.#engine.clock.now() + this.#lagMs, this.#snapshot.at)',
    'return this.#engine.clock.now()',
  ],
  [
    'a rollback waits until a clock that was set back has caught up',
    'src/engine/drive.ts',
    'Math.max(0, start.snapshot.at - engine.clock.now())',
    '0',
  ],
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
  [
    'nobody asks about broken promises before they are recorded',
    'src/lifecycle/invariants/at-run-time.ts',
    'if (says === undefined) return { event, next }',
    'if (says !== null) return { event, next }',
  ],
  [
    'a broken promise ends a rollback',
    'src/lifecycle/machine.ts',
    "'invariant.broken': { actions: [change('noteTrouble'), change('escalate'), change('planRetry')] },",
    '',
  ],
  [
    'what a signal claims to be is believed',
    'src/lifecycle/signals.ts',
    '      type,\n      at: 0,',
    '      type: (by as { type?: string }).type ?? type,\n      at: 0,',
    ['test/doors/signals.test.ts'],
  ],
  [
    'a secret can be serialised',
    'src/vocabulary/secret.ts',
    /toJSON\(\): string \{\n {4}return shown/,
    'toJSON(): unknown {\n    return this.#provide()',
    ['test/threats/secrets.test.ts'],
  ],
  [
    'what a server quotes is recorded as it is',
    'src/vocabulary/secret.ts',
    "kept.replaceAll(form, '…')",
    'kept',
    ['test/threats/secrets.test.ts'],
  ],
  [
    'an odd answer of a target is recorded',
    'src/engine/preflight.ts',
    'return stateSchema.parse(answer).stable',
    'return (answer as { stable?: Artifact }).stable',
    ['test/doors/answers.test.ts'],
  ],
  [
    'an abort waits behind everything that came before it',
    'src/engine/drive.ts',
    'this.#mails.unshift(mail)',
    'this.#mails.push(mail)',
    ['test/doors/signals.test.ts'],
  ],
  [
    'an order that is no longer wanted is not called back',
    'src/engine/recall.ts',
    'for (const listener of this.#listeners ?? []) listener()',
    '',
  ],
  [
    'a lease that is lost at the start is not noticed',
    'src/engine/orchestrator.ts',
    'if (held?.lost.aborted) throw taken(id)',
    '',
  ],
  ['a reading that is no number is recorded', 'src/engine/sound-reading.ts', 'if (isPlainlySound(reading) ||', 'if (reading ||'],
  [
    'a checkpoint is believed whatever the journal says of it',
    'src/engine/replay.ts',
    'if (digest !== digestOf(checkpoint.text)) return undefined',
    '',
    ['test/engine/checkpoints.test.ts'],
  ],
  [
    'a journal that this version would have lived differently is taken for its own',
    'src/lifecycle/record.ts',
    'if (then === now) return snapshot',
    'return snapshot',
    ['test/doors/records.test.ts'],
  ],
  [
    'a program depends on the order in which its units were written',
    'src/plan/define-plan.ts',
    '.sort(([a], [b]) => (a < b ? -1 : 1))',
    '',
    ['test/plan'],
  ],
  [
    'orders of one step are taken for others when they come in another order',
    'src/lifecycle/record.ts',
    /\n +\.sort\(\)/,
    '',
    ['test/lifecycle/step.test.ts'],
  ],
  [
    'two records of one release go to the database at once',
    'adapters/postgres/append-queue.ts',
    'if (isFull || this.#underWay.has(row.release)) return true',
    'if (isFull) return true',
    ['test/adapters/postgres/append-queue.test.ts'],
  ],
  [
    'the table asks outer states before inner ones',
    'src/lifecycle/table.ts',
    'for (const node of linesOf(leaf))',
    'for (const node of linesOf(leaf).toReversed())',
  ],
  [
    'the table forgets what is done on entry',
    'src/lifecycle/table.ts',
    '[...actions, ...entered.flatMap(({ entry }) => entry)]',
    '[...actions]',
  ],
  [
    'a key that comes twice in a plan is not seen',
    'src/plan/define-plan.ts',
    'if (open.at(-1)?.has(key)) return name',
    '',
    ['test/doors/plan.test.ts'],
  ],
]

// One copy, made at once: whoever works on the tree meanwhile neither disturbs this nor is disturbed.
const copy = mkdtempSync(join(tmpdir(), 'taxiway-'))
try {
  for (const part of ['src', 'test', 'adapters', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !path.includes('node_modules') })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // All of them, before an hour is spent on the first.
  for (const bug of bugs) mutatedBy(bug)
  const wanted = bugs.filter(([name]) => new RegExp(process.argv[2] ?? '').test(name))
  // Tests that fail anyway find nothing.
  const all = [...new Set(wanted.flatMap(([, , , , tests = usualTests]) => tests))]
  const failing = failureOf(all)
  if (failing !== undefined) throw new Error(`without any bug, this fails: ${failing}`)
  const found = wanted.filter(isFound).length
  console.log(`${found} of ${wanted.length} planted bugs were found.`)
  if (found < wanted.length) process.exitCode = 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

function mutatedBy([name, file, from, to]) {
  const text = readFileSync(join(copy, file), 'utf8')
  const mutated = text.replace(from, () => to)
  if (mutated === text) throw new Error(`${file} holds no ${from}: the bug "${name}" cannot be planted any more. Adapt it.`)
  return { text, mutated }
}

function isFound(bug) {
  const [name, file, , , tests = usualTests] = bug
  const path = join(copy, file)
  const { text, mutated } = mutatedBy(bug)
  writeFileSync(path, mutated)
  const failed = failureOf(tests)
  writeFileSync(path, text)
  console.log(failed === undefined ? `NOT FOUND: ${name}` : `found: ${name}\n       by ${failed}`)
  return failed !== undefined
}

/** @returns the test that fails, or never comes to an end; undefined where none does */
function failureOf(tests) {
  const begunAt = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--bail=1', '--no-color', ...tests], {
    cwd: copy,
    env: { ...process.env, CRASH_EVERY: '11', FAULT_RUNS: '120' },
    encoding: 'utf8',
    timeout: longestMs,
  })
  if (status === 0) return undefined
  const failed = /^ +× (.*)/m.exec(stdout)?.[1]
  if (failed !== undefined) return failed
  // Vitest ends by itself when it is told to, and says nothing of the test that it was at.
  if (performance.now() - begunAt >= longestMs) return 'a test that never ended'
  throw new Error(`the tests cannot run:\n${stdout}\n${stderr}`)
}
