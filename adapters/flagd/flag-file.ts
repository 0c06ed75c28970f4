import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** What this adapter reads of a file, and all that it may change. */
const documentSchema = z.looseObject({ flags: z.record(z.string(), z.record(z.string(), z.unknown())) })
type FlagDocument = z.infer<typeof documentSchema>

export interface FlagFile {
  readonly text: string
  /** As flagd understands it. */
  readonly document: FlagDocument
}

/** @throws ReleaseError `adapter/unavailable` when it cannot be read, `adapter/rejected` when it is no flag file */
export async function readFlags(path: string): Promise<FlagFile> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreachable(path, 'read', cause)
  })
  const document = parsed(text)
  // Zod's own copy would lack a member named `__proto__`.
  if (documentSchema.safeParse(document).success) return { text, document: document as FlagDocument }
  throw new ReleaseError('adapter/rejected', `${path} is not JSON with flags of flagd. Mend it, or name the right file.`, {
    path,
  })
}

/**
 * Gives one flag other members, and keeps everything else as it is, known or not. Whole or not at all, also after a power
 * cut. A link stays a link.
 * @throws ReleaseError `adapter/unavailable` when it cannot be written, and when somebody else has written since it was read
 */
export async function changeFlag(
  path: string,
  text: string,
  key: string,
  members: Readonly<Record<string, unknown>>,
): Promise<void> {
  const document = exact(text)
  Object.assign(document.flags[key]!, members)
  try {
    const target = await realpath(path)
    const draft = `${target}.${randomUUID()}.tmp`
    try {
      await writeDraft(draft, `${JSON.stringify(document, null, 2)}\n`, (await stat(target)).mode)
      if ((await readFile(target, 'utf8')) !== text)
        throw new ReleaseError('adapter/unavailable', `${path} was changed by somebody else meanwhile. Try again.`, { path })
      await rename(draft, target)
    } finally {
      await rm(draft, { force: true })
    }
    await using folder = await open(dirname(target), 'r')
    await folder.sync()
  } catch (cause) {
    throw ReleaseError.is(cause) ? cause : unreachable(path, 'written', cause)
  }
}

async function writeDraft(path: string, text: string, mode: number): Promise<void> {
  await using draft = await open(path, 'wx', mode)
  await draft.chmod(mode)
  await draft.writeFile(text)
  await draft.sync()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Not in TypeScript's library yet. */
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): FlagDocument
  rawJSON(text: string): unknown
}

/** For writing back: numbers that JavaScript would round, or write otherwise, stay as they were written. */
const exact = (text: string) =>
  parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && source !== String(value) ? rawJSON(source) : value,
  )

const unreachable = (path: string, what: 'read' | 'written', cause: unknown) =>
  new ReleaseError(
    'adapter/unavailable',
    `${path} could not be ${what} (${String((cause as NodeJS.ErrnoException).code)}). See whether it is there, and who may do that.`,
    { path },
    { cause },
  )
