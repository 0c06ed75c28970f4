import { writeFileSync as writeSync } from 'node:fs'
import { chmod, lstat, readdir, rename, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flagdFlagService } from '../../../adapters/flagd/index.js'
import { booleans, call, flagFile, plain } from './set-up.js'

const split = (...parts: unknown[]) => ({ ...plain, targeting: { fractional: parts } })

test('a share becomes the weights of a fractional targeting', async () => {
  const { file, json } = await flagFile({ flags: { checkout: plain } })
  await flagdFlagService({ file }).setRollout('checkout', 12.34, call())
  expect(await json()).toEqual({ flags: { checkout: split(['on', 1234], ['off', 8766]) } })
})

test.each<[string, unknown[], number, unknown[]]>([
  [
    'weights of any sum',
    [
      ['on', 25],
      ['off', 75],
    ],
    25,
    [
      ['on', 5_000],
      ['off', 5_000],
    ],
  ],
  [
    'weights left out',
    [['on'], ['off', 3]],
    25,
    [
      ['on', 5_000],
      ['off', 5_000],
    ],
  ],
  [
    'the other order',
    [
      ['off', 90],
      ['on', 10],
    ],
    10,
    [
      ['off', 5_000],
      ['on', 5_000],
    ],
  ],
  [
    'an expression to bucket by',
    [{ var: 'tenant' }, ['on', 1], ['off', 0]],
    100,
    [{ var: 'tenant' }, ['on', 5_000], ['off', 5_000]],
  ],
  [
    'no weight at all',
    [
      ['on', 0],
      ['off', 0],
    ],
    0,
    [
      ['on', 5_000],
      ['off', 5_000],
    ],
  ],
])('a split written by hand with %s is read, and keeps its form', async (_, before, share, after) => {
  const { file, json } = await flagFile({ flags: { checkout: split(...before) } })
  const service = flagdFlagService({ file })
  expect(await service.getRollout('checkout', call())).toBe(share)
  await service.setRollout('checkout', 50, call())
  expect((await json()).flags.checkout.targeting.fractional).toEqual(after)
})

test.each<[string, unknown]>([
  ['other variants', { ...plain, variants: { red: 'red', blue: 'blue' }, defaultVariant: 'red' }],
  ['its default on', { ...plain, defaultVariant: 'on' }],
  ['no default', { state: 'ENABLED', variants: booleans }],
  ['a condition', { ...plain, targeting: { if: [{ '==': [{ var: 'plan' }, 'pro'] }, 'on', 'off'] } }],
  ['a shared rule', { ...plain, targeting: { $ref: 'everyone' } }],
  ['three ways', split(['on', 1], ['off', 1], ['maybe', 1])],
  ['one way', split(['on', 1])],
  ['one variant twice', split(['on', 1], ['on', 1])],
  ['a text to bucket by', split('tenant', ['on', 1], ['off', 1])],
  ['half a weight', split(['on', 0.5], ['off', 0.5])],
  ['a negative weight', split(['on', -1], ['off', 1])],
  ['weights beyond what flagd adds up', split(['on', 2 ** 31], ['off', 1])],
  ['a variant that is computed', split([{ var: 'variant' }, 1], ['off', 1])],
  [
    'something beside the split',
    {
      ...plain,
      targeting: {
        fractional: [
          ['on', 1],
          ['off', 1],
        ],
        if: [],
      },
    },
  ],
])('a flag with %s is not touched, and has no share that could be told', async (_, flag) => {
  const { file, text } = await flagFile({ flags: { checkout: flag } })
  const before = await text()
  const service = flagdFlagService({ file })
  for (const percent of [50, 0])
    await expect(service.setRollout('checkout', percent, call())).rejects.toMatchObject({
      code: 'adapter/rejected',
      message: expect.stringContaining('Change the flag, or roll it out by hand.'),
    })
  expect(await service.getRollout('checkout', call())).toBe('unknown')
  expect(await text()).toBe(before)
})

test('of a disabled flag no share is told, and setting one enables it', async () => {
  const { file, json } = await flagFile({ flags: { checkout: { ...plain, state: 'DISABLED' } } })
  const service = flagdFlagService({ file })
  expect(await service.getRollout('checkout', call())).toBe('unknown')
  await service.setRollout('checkout', 0, call())
  expect(await service.getRollout('checkout', call())).toBe(0)
  expect((await json()).flags.checkout.state).toBe('ENABLED')
})

test('everything else in the file stays as it was, whatever it is', async () => {
  let odd = 0
  await fc.assert(
    fc.asyncProperty(
      fc.json(),
      fc.json(),
      fc.json(),
      fc.constantFrom(0.01, 25, 100),
      async (foreign, metadata, extra, percent) => {
        odd += /[{[]/.test(foreign) ? 1 : 0
        const parts = (weights: string) =>
          `{"$schema":"s","top":${extra},"flags":{"b":{"state":"ENABLED","x":${foreign}},"a":{"state":"ENABLED","variants":{"on":true,"off":false},` +
          `"defaultVariant":"off","metadata":${metadata},"targeting":{"fractional":[["on",${weights}]]},"y":${extra}}},"$evaluators":${foreign}}`
        const { file, json } = await flagFile(parts('0],["off",1'))
        await flagdFlagService({ file }).setRollout('a', percent, call())
        const expected = parts(`${Math.round(percent * 100)}],["off",${10_000 - Math.round(percent * 100)}`)
        expect(JSON.stringify(await json())).toBe(JSON.stringify(JSON.parse(expected)))
      },
    ),
    { numRuns: 100 },
  )
  expect(odd).toBeGreaterThan(20)
})

test('numbers that JavaScript cannot hold, and members with strange names, survive', async () => {
  const strange =
    '{"big":12345678901234567890,"tiny":1e-400,"huge":1e400,"form":1.0,"zero":-0,"__proto__":{"polluted":1},"constructor":2}'
  const { file, text } = await flagFile(
    `{"flags":{"other":${strange},"checkout":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","metadata":${strange}}}}`,
  )
  await flagdFlagService({ file }).setRollout('checkout', 50, call())
  expect((await text()).replace(/\s/g, '').split(strange)).toHaveLength(3)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test.each(['__proto__', 'constructor', 'toString'])('a flag named %s that is not in the file is not found', async (flag) => {
  const { file } = await flagFile({ flags: {} })
  await expect(flagdFlagService({ file }).setRollout(flag, 5, call())).rejects.toMatchObject({ code: 'adapter/rejected' })
})

test.each(['', '[]', '{"flags":[]}', '{"flags":{"a":1}}', 'flags: {}', '{"flags":{}'])(
  '%j is not a flag file',
  async (content) => {
    const { file, text } = await flagFile(content)
    const service = flagdFlagService({ file })
    await expect(service.setRollout('a', 5, call())).rejects.toMatchObject({ code: 'adapter/rejected' })
    await expect(service.getRollout('a', call())).rejects.toMatchObject({ code: 'adapter/rejected' })
    expect(await text()).toBe(content)
  },
)

test('a file that is not there may come back', async () => {
  const { file } = await flagFile({ flags: { checkout: plain } })
  const service = flagdFlagService({ file })
  await rename(file, `${file}.away`)
  await expect(service.setRollout('checkout', 5, call())).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringMatching(/ENOENT/),
  })
  await rename(`${file}.away`, file)
  await service.setRollout('checkout', 5, call())
})

test('a link stays a link, the mode stays the mode, and no draft is left', async () => {
  const { folder, file } = await flagFile({ flags: { checkout: plain } })
  const link = join(folder, 'link.json')
  await symlink(file, link)
  await chmod(file, 0o664)
  const service = flagdFlagService({ file: link })
  await service.setRollout('checkout', 5, call())
  expect(await flagdFlagService({ file }).getRollout('checkout', call())).toBe(5)
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect((await stat(file)).mode & 0o777).toBe(0o664)
  expect((await readdir(folder)).sort()).toEqual(['flags.json', 'link.json'])
})

test('whoever reads the file while it changes finds it whole', async () => {
  const flags = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`flag-${i}`, { ...plain, metadata: { x: 'y'.repeat(200) } }]),
  )
  const { file, json } = await flagFile({ flags })
  const service = flagdFlagService({ file })
  let reads = 0
  let isOver = false
  const reading = (async () => {
    for (; !isOver; reads++) expect(Object.keys((await json()).flags)).toHaveLength(200)
  })()
  for (let percent = 1; percent <= 50; percent++) await service.setRollout('flag-7', percent, call())
  isOver = true
  await reading
  expect(reads).toBeGreaterThan(20)
})

test('many changes at once all arrive', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `flag-${i}`)
  const { file } = await flagFile({ flags: Object.fromEntries(names.map((name) => [name, plain])) })
  const service = flagdFlagService({ file })
  await Promise.all(names.map((name, i) => service.setRollout(name, i + 1, call())))
  for (const [i, name] of names.entries()) expect(await service.getRollout(name, call())).toBe(i + 1)
})

test('what somebody else writes meanwhile is not overwritten', async () => {
  const { file, json } = await flagFile({ flags: { checkout: plain } })
  const service = flagdFlagService({ file })
  const theirs = { flags: { checkout: plain, theirs: plain } }
  // The last thing that is asked of the signal comes after the file was read.
  let asked = 0
  const signal = new Proxy(new AbortController().signal, {
    get(target, property) {
      if (property === 'throwIfAborted' && ++asked === 2) return () => writeSync(file, JSON.stringify(theirs))
      return property === 'throwIfAborted' ? () => {} : Reflect.get(target, property, target)
    },
  })
  await expect(service.setRollout('checkout', 5, call(signal))).rejects.toMatchObject({
    code: 'adapter/unavailable',
    message: expect.stringMatching(/changed by somebody else/),
  })
  expect(await json()).toEqual(theirs)
  await service.setRollout('checkout', 5, call())
  expect(Object.keys((await json()).flags)).toEqual(['checkout', 'theirs'])
})
