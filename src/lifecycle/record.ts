import { z } from 'zod'
import { ReleaseError } from '../vocabulary/errors.js'
import { effectSchema, eventSchema, laterEventSchema } from './protocol.js'
import { type ReleaseSnapshot, step } from './release.js'

/** The format of what this version writes. A reader of an older taxiway refuses a newer one. */
const format = 1

const moveSchema = z.strictObject({ track: z.string(), from: z.string(), to: z.string() })

/**
 * What a journal holds for each event: the fact, the orders it led to (so that every order is durable before it is
 * carried out, I23), and the states it changed, for people who read the journal without this library.
 */
export const recordSchema = z.strictObject({
  format: z.literal(format),
  event: eventSchema,
  effects: z.array(effectSchema),
  moves: z.array(moveSchema),
  /** Digest of the checkpoint that was made of the snapshot after this record, where one was. */
  checkpoint: z.string().optional(),
})
export type ReleaseRecord = z.infer<typeof recordSchema>

export function recordOf(
  event: ReleaseRecord['event'],
  { effects, moves }: ReturnType<typeof step>,
  checkpoint?: string,
): ReleaseRecord {
  // In this order it is canonical as it is made, wherever event and orders are.
  const record: ReleaseRecord = { effects: [...effects], event, format, moves: [...moves] }
  return checkpoint === undefined ? record : { checkpoint, ...record }
}

/**
 * Reads one record as it came out of a journal.
 * @param where - names the record in errors
 * @throws ReleaseError `journal/version` for a newer format, `journal/corrupt` for anything that is not a record
 */
export function parseRecord(body: unknown, where: string): ReleaseRecord {
  const parsed = readable(body)
  if (parsed?.success) return parsed.data
  const version = parsed && z.object({ format: z.number() }).safeParse(body)
  if (version?.success && version.data.format > format)
    throw new ReleaseError(
      'journal/version',
      `${where} has format ${version.data.format}, and this taxiway reads up to ${format}. Use the taxiway that wrote it, or a newer one.`,
    )
  const why = parsed ? z.prettifyError(parsed.error).slice(0, 1_000) : 'it cannot be read.'
  throw new ReleaseError('journal/corrupt', `${where} is not a record of a release: ${why}`)
}

let laterSchema: z.ZodType<ReleaseRecord> | undefined

/** Nothing for what is nested deeper than any stack, or throws when it is looked at. */
function readable(body: unknown) {
  try {
    // Compiled when it is first needed, since that takes as long as reading some hundred records.
    laterSchema ??= z.compile(recordSchema.extend({ event: laterEventSchema }))
    const later = laterSchema.safeParse(body)
    return later.success ? later : recordSchema.safeParse(body)
  } catch {
    return undefined
  }
}

/**
 * One step of a replay: emits nothing, and refuses a journal that this version would have lived differently (I35, I37).
 * @throws ReleaseError `journal/version`; `journal/corrupt` for an event that no release could come to
 */
export function replayStep(before: ReleaseSnapshot | undefined, record: ReleaseRecord, where: string): ReleaseSnapshot {
  const { snapshot, effects } = relived(before, record, where)
  // Orders of one step are of different tracks, and in no order of their own.
  const [then, now] = [record.effects, effects].map((list) =>
    list
      .map(({ key }) => key)
      .sort()
      .join(' ')
      .slice(0, 500),
  )
  if (then === now) return snapshot
  throw new ReleaseError(
    'journal/version',
    `${where} was followed by the orders [${then}]; this version of taxiway would give [${now}]. Finish the release with the version that began it.`,
  )
}

function relived(before: ReleaseSnapshot | undefined, { event }: ReleaseRecord, where: string) {
  try {
    return step(before, event)
  } catch (error) {
    throw new ReleaseError('journal/corrupt', `${where} cannot have happened: ${(error as Error).message}`.slice(0, 1_000))
  }
}
