import { expect, test } from 'vitest'
import { flagServiceLaws, lawCases } from '../../src/testing/index.js'
import { flags } from './subjects.js'

const named = (id: string, options: Parameters<typeof lawCases>[2], make = flags) =>
  lawCases(flagServiceLaws, make, options).find(({ name }) => name.startsWith(id))!

/** A product that rounds, and so breaks FS6. */
function rounding() {
  const sound = flags()
  const { service } = sound
  const setRollout: typeof service.setRollout = (flag, percent, options) => service.setRollout(flag, Math.round(percent), options)
  return { ...sound, service: { ...service, setRollout } }
}

test('a declared divergence passes for as long as the law is broken, and is told with its reason', async () => {
  const { name, run } = named('FS6', { diverges: { FS6: 'it rounds' }, lacks: { fencing: 'no' } }, rounding)
  expect(name).toMatch(/^FS6 \(diverges: it rounds\): a share between two steps/)
  await expect(run()).resolves.toBeUndefined()
})

test('a declared divergence from a law that is obeyed is an error', async () => {
  await expect(named('FS6', { diverges: { FS6: 'it rounded once' } }).run()).rejects.toThrow(/FS6 is obeyed now/)
})

test('a product that could not even be made does not count as a divergence', async () => {
  const gone = () => {
    throw new Error('the product is away')
  }
  await expect(named('FS6', { diverges: { FS6: 'it rounds' } }, gone).run()).rejects.toThrow(/the product is away/)
})

test('a divergence from a law that does not exist, and from one that is not tried, are errors', () => {
  expect(() => named('FS1', { diverges: { FS99: 'why not' } })).toThrow(/"FS99" in `diverges` is none of FS1, FS2/)
  expect(() => named('FS1', { diverges: { FS9: 'no' }, lacks: { fencing: 'no' } })).toThrow(/"FS9"/)
})

test('a law that cannot be tried is listed as such, with the reason', async () => {
  const { name, run } = named('FS9', { lacks: { fencing: 'the product knows no tokens' } })
  expect(name).toMatch(/^FS9 \(not tried, no fencing: the product knows no tokens\): /)
  await expect(run()).resolves.toBeUndefined()
})

test('a law that cannot be tried does not pass in silence', async () => {
  await expect(named('FS9', {}).run()).rejects.toThrow(/FS9 cannot be tried: the subject has no fencing/)
})

test('a lack of what is there, and of what no law requires, are errors', async () => {
  const able = () => ({ ...flags(), fencing: true })
  await expect(named('FS9', { lacks: { fencing: 'not yet' } }, able).run()).rejects.toThrow(/said to lack it/)
  expect(() => named('FS1', { lacks: { fence: 'no' } })).toThrow(/"fence" in `lacks` is none of fencing/)
})

test('what was made for a law is disposed of, also when the law is broken', async () => {
  const disposed: string[] = []
  const make = () => ({ ...rounding(), [Symbol.asyncDispose]: async () => void disposed.push('one') })
  await named('FS2', {}, make).run()
  await expect(named('FS6', {}, make).run()).rejects.toThrow()
  expect(disposed).toEqual(['one', 'one'])
})
