import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'

const basisPointsSchema = z.int().min(0).max(10_000)

/** What is in force, and what must be known again after a restart. */
const stateSchema = z.strictObject({
  unit: nameSchema,
  split: z.strictObject({
    stable: nameSchema.exactOptional(),
    canary: nameSchema.exactOptional(),
    canaryBasisPoints: basisPointsSchema,
  }),
  mirror: z.strictObject({ version: nameSchema, basisPoints: basisPointsSchema }).exactOptional(),
  /** The highest seen. */
  fencingToken: z.number().exactOptional(),
})
export type ProxyState = z.infer<typeof stateSchema>

/** @returns undefined when there is no such file yet. @throws ReleaseError `adapter/rejected` for one that is not this unit's */
export async function readState(file: string, unit: string): Promise<ProxyState | undefined> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const state = stateSchema.safeParse(parsed(text))
  if (state.data?.unit === unit) return state.data
  const says = `${file} does not hold the split of "${unit}". Give the right stateFile, or move it away and settle the unit again.`
  throw new ReleaseError('adapter/rejected', says, { file, unit })
}

/** Whole or not at all, also after a power cut. */
export async function writeState(file: string, state: ProxyState): Promise<void> {
  await using draft = await open(`${file}.tmp`, 'w')
  await draft.writeFile(JSON.stringify(state))
  await draft.sync()
  await rename(`${file}.tmp`, file)
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
