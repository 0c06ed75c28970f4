import { expect, test } from 'vitest'
import type { JournalRecord } from '../../src/ports/journal.js'
import { type ProgressOptions, progressView } from '../../src/report/progress.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { screenOf } from '../support/screen-of.js'
import { approved, held, hostile, promoted, rolledBack, underWay } from './stories.js'

/** Shows records as they come, each at its own instant, and lets some more time pass. */
async function shown(records: readonly JournalRecord[], options: Partial<ProgressOptions> = {}, afterMs = 0) {
  const clock = virtualClock(records[0]!.at)
  const written: string[] = []
  const view = progressView({ write: (text) => written.push(text), clock, isTty: false, ...options })
  for (const record of records) {
    await clock.advance(record.at - clock.now())
    view.record(record)
  }
  await clock.advance(afterMs)
  return { view, clock, written, text: () => written.join(''), screen: () => screenOf(written.join('')) }
}

const onTty = { isTty: true, color: false, size: () => ({ columns: 100, rows: 30 }) } as const

test('a log gets one line for each fact, with the time since the start and when it goes on', async () => {
  const lines = (await shown(underWay(80_000))).text().split('\n')
  expect(lines).toEqual([
    '+0:00:00 checkout-42 ann@example.org proposed checkout 2.0.0 with plan checkout.',
    '+0:00:00 checkout-42 The plan fits what is installed. Live now: production/checkout 1.9.0.',
    '+0:00:00 checkout-42 production/checkout: Deploying checkout 2.0.0.',
    '+0:00:42 checkout-42 production/checkout: checkout 2.0.0 is deployed.',
    '+0:00:43 checkout-42 production/checkout: The weight moved from 0 % to 5 %.',
    '+0:00:43 checkout-42 production/checkout: bake-2 began at 5 %: stay for 5m, while healthy looks every 30s.',
    '+0:00:44 checkout-42 production/checkout: healthy has begun to look. (next look in 30s, may go on in 4m 59s)',
    expect.stringMatching(
      /^\+0:01:14 checkout-42 production\/checkout: Look 1 passed\. errors .* \(next look in 30s, may go on in 4m 29s\)$/,
    ),
    '',
  ])
})

test('a terminal shows where each track is, and how long until it goes on', async () => {
  const { screen } = await shown(underWay(130_000), onTty, 26_000)
  expect(screen().slice(-5)).toEqual([
    'checkout-42  verifying  0:02:10  checkout 2.0.0',
    '  ● production/checkout  █░░░░░░░░░    5 %  step 3 of 9, bake-2: watching',
    '      next look in 4s, may go on in 3m 33s',
    '      last look passed: errors in 30s: canary ratio 0.3964 % is at most the allowed 2 % and at most…',
    '',
  ])
})

test('the countdown goes on when nothing happens, and is drawn once a second', async () => {
  const { screen, clock, written } = await shown(underWay(110_000), onTty)
  const before = written.length
  await clock.advance(5_000)
  expect(written.length - before).toBe(5)
  expect(screen().join('\n')).toContain('next look in 25s')
})

test('a terminal keeps the facts, and nothing of the region that was drawn again and again', async () => {
  const { screen, view } = await shown(rolledBack(), onTty, 2_000)
  view.close()
  const lines = screen()
  expect(lines.filter((line) => !line.startsWith('+'))).toEqual([''])
  expect(lines.at(-2)).toMatch(/^\+0:10:12 checkout-43 The release is rolled back, after 10m 12s\. errors in 30s/)
  expect(lines.filter((line) => line.includes('Look '))).toHaveLength(2)
})

test('what waits for a human says so, how to answer, and how long there is', async () => {
  const { screen } = await shown(held(), onTty, 60_000)
  expect(screen().slice(-3, -1)).toEqual([
    '  ‖ production/checkout is held for a human: retry, promote, skip or abort.',
    expect.stringMatching(/^ {6}time runs out in 59m {2}errors in 30s: the canary has no number/),
  ])
})

test('an open gate names itself, and what comes after it says what it waits for', async () => {
  const records = approved()
  const open = records.findIndex(({ body }) => JSON.stringify(body).includes('approval.requested'))
  const lines = (await shown(records.slice(0, open + 1), onTty)).screen()
  expect(lines).toContain('  ‖ production:before waits for approval: approve or reject gate production:before#go-live.')
  expect(lines).toContain('  ○ production/ledger                     after production:before')
})

test('a low window shows the tracks where something goes on, and says how many it leaves out', async () => {
  const small = { ...onTty, size: () => ({ columns: 100, rows: 7 }) }
  const lines = (await shown(approved().slice(0, 12), small)).screen()
  const region = lines.filter((line) => !line.startsWith('+'))
  expect(region.length).toBeLessThanOrEqual(7)
  expect(region.join('\n')).toContain('● staging/ledger')
  expect(region.join('\n')).toContain('4 tracks without anything going on')
})

test('colour is for terminals, unless it was told otherwise', async () => {
  expect((await shown(rolledBack(), { ...onTty, color: true })).text()).toContain('\u001b[31m')
  expect((await shown(rolledBack(), onTty)).text()).not.toContain('\u001b[31m')
  expect((await shown(rolledBack())).text()).not.toContain('\u001b')
})

test('GitHub gets its lines, and an annotation for each decision, each question and the end', async () => {
  const notes = (records: JournalRecord[]) =>
    shown(records, { ci: 'github', isTty: true }).then(({ text }) =>
      text()
        .split('\n')
        .filter((line) => line.startsWith('::')),
    )
  expect((await notes(rolledBack())).map((line) => line.slice(0, 70))).toEqual([
    '::notice title=checkout-43 production/checkout::Look 10 passed, so bak',
    '::error title=checkout-43 production/checkout::Look 8 failed, so the r',
    '::error title=checkout-43::The release is rolled back, after 10m 12s. ',
  ])
  expect((await notes(rolledBack()))[1]).toContain('canary ratio 2.073 %25 is above')
  expect(await notes(approved())).toContain(
    '::warning title=shop-7 production%3Abefore::Gate production:before#go-live waits for 2 approvals with role release-manager until 2026-03-02 12:13:06 UTC.',
  )
})

test('hostile names and reasons reach neither the terminal nor the runner as anything but text', async () => {
  const terminal = (await shown(hostile(), onTty, 1_000)).screen().join('\n')
  expect(terminal).toContain('\\u{1b}[2J\\u{202e}gnp.exe\\u{7}')
  const log = (await shown(hostile(), { ci: 'github' })).text().split('\n')
  expect(log.filter((line) => line.includes('add-mask')).length).toBeGreaterThan(3)
  for (const line of log) {
    expect(line).toMatch(/^(\+\d+:\d\d:\d\d |::(notice|warning|error) title=checkout-45[^:]*::|$)/)
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    if (!line.startsWith('::')) expect(line).not.toContain('##[')
  }
})

test('a view whose pipe is closed, or whose window cannot be asked, disturbs nobody', async () => {
  const fail = () => {
    throw new Error('EPIPE')
  }
  for (const broken of [{ write: fail }, { write: fail, ...onTty }, { ...onTty, size: fail }]) {
    const { view } = await shown(promoted(), broken, 5_000)
    view.close()
  }
})

test('a release whose beginning was not seen is said to be unknown, once, and the others go on', async () => {
  const records = rolledBack()
  const { text } = await shown([...records.slice(3), ...promoted()])
  const lines = text().split('\n')
  expect(lines.filter((line) => line.includes('checkout-43'))).toEqual([
    'checkout-43 cannot be shown from record 4 on. Records before it are missing. Give them to the view first.',
  ])
  expect(lines.at(-2)).toContain('checkout-42 The release is promoted')
})

test('records that were seen already change nothing', async () => {
  const records = promoted()
  const twice = records.flatMap((record) => [record, record])
  expect((await shown(twice)).text()).toBe((await shown(records)).text())
})

test('after it is closed a view writes nothing and leaves no timer', async () => {
  const { view, clock, written } = await shown(underWay(100_000), onTty)
  view.close()
  const before = written.length
  view.record(promoted().at(-1)!)
  view.close()
  await clock.advance(60_000)
  expect(written.length).toBe(before)
})
