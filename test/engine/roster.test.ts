import { expect, test } from 'vitest'
import { createRoster } from '../../src/engine/roster.js'
import type { Journal } from '../../src/ports/journal.js'
import { pretend } from '../support/pretended.js'

/** A journal with one release that nobody drives any more; `listed` is waited for once its releases have been listed. */
async function abandoned(listed = async () => {}) {
  const { start, orchestrator, journal } = pretend()
  const lists = { begun: 0, read: 0 }
  const counted: Journal = {
    fencingToken: 1,
    append: (record) => journal.append(record),
    read(release) {
      lists.read += 1
      return journal.read(release)
    },
    async *releases() {
      lists.begun += 1
      const ids: string[] = []
      for await (const id of journal.releases()) ids.push(id)
      await listed()
      yield* ids
    },
    close: () => journal.close(),
  }
  const begin = async () => {
    await start()
    await orchestrator[Symbol.asyncDispose]()
  }
  return { roster: createRoster(counted, true), lists, begin }
}

const idsOf = (releases: readonly { readonly id: string }[]) => releases.map(({ id }) => id)

test('however many ask at once, a shared journal is gone through once for all of them', async () => {
  const { roster, lists, begin } = await abandoned()
  await begin()
  const answers = await Promise.all(Array.from({ length: 20 }, () => roster.unfinished()))
  expect(answers.map(idsOf)).toEqual(answers.map(() => ['r1']))
  expect(lists).toEqual({ begun: 1, read: 1 })
})

test('who asks while a shared journal is gone through learns of what came after that began', async () => {
  const gate = Promise.withResolvers<void>()
  const { roster, lists, begin } = await abandoned(() => gate.promise)
  const first = roster.unfinished()
  await expect.poll(() => lists.begun).toBe(1)
  await begin()
  const second = roster.unfinished()
  gate.resolve()
  expect(idsOf(await second)).toEqual(['r1'])
  expect(lists.begun).toBe(2)
  await first
})

test('of a journal that can tell what has ended, nothing else is read; and what has ended elsewhere no longer holds its place', async () => {
  const { start, orchestrator, journal, clock } = pretend()
  const ended = await start(undefined, { id: 'ended' })
  await clock.advance(10 * 60_000)
  expect(ended.status().isFinished).toBe(true)
  await start(undefined, { id: 'left', artifacts: { checkout: { version: '3' } } })
  await orchestrator[Symbol.asyncDispose]()

  const read: string[] = []
  let unfinished = ['left']
  const telling: Journal = {
    ...journal,
    read(release) {
      read.push(release)
      return journal.read(release)
    },
    async *releases() {
      yield* ['ended', 'left']
    },
    async *unfinished() {
      yield* unfinished
    },
  }
  const roster = createRoster(telling, true)
  expect(idsOf(await roster.unfinished())).toEqual(['left'])
  expect(idsOf(await roster.unfinished())).toEqual(['left'])
  expect(read).toEqual(['left'])
  unfinished = []
  expect(await roster.unfinished()).toEqual([])
})
