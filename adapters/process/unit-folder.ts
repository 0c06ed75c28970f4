import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Artifact, artifactSchema } from '../../src/vocabulary/artifact.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { nameSchema } from '../../src/vocabulary/name.js'

/**
 * What is known of one unit, as files, so that it survives this process:
 * `stable.json`, `fence`, and for each version `versions/<version>/artifact.json` beside its instances.
 */
export function unitFolder(directory: string, unit: string) {
  const folder = join(directory, fileName(unit))
  const versions = join(folder, 'versions')
  const stableFile = join(folder, 'stable.json')
  const fenceFile = join(folder, 'fence')
  const artifactFile = (version: string) => join(versions, fileName(version), 'artifact.json')

  return {
    versionFolder: (version: string) => dirname(artifactFile(version)),
    stable: () => readArtifact(stableFile),
    setStable: (artifact: Artifact) => writeDurably(stableFile, JSON.stringify(artifact)),
    artifact: (version: string) => readArtifact(artifactFile(version)),
    addVersion: (artifact: Artifact) => writeDurably(artifactFile(artifact.version), JSON.stringify(artifact)),
    /** A folder without an artifact is the trace of a crash before anything was started in it. */
    async artifacts(): Promise<Artifact[]> {
      const known = await Promise.all((await foldersIn(versions)).map((version) => readArtifact(artifactFile(version))))
      return known.filter((artifact) => artifact !== undefined)
    },
    /** Remembers the highest fencing token. @throws ReleaseError `adapter/rejected` for a lower one */
    async admit(token: number): Promise<void> {
      const highest = Number((await textOf(fenceFile)) ?? Number.NEGATIVE_INFINITY)
      if (token > highest) return writeDurably(fenceFile, String(token))
      if (token === highest) return
      const says = `Another process has taken over "${unit}" (fencing token ${highest}, this call has ${token}). Stop this one.`
      throw new ReleaseError('adapter/rejected', says, { unit, token, highest })
    },
  }
}

/** Names of the folders in a folder; none when it does not exist. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = (await orAbsent(readdir(folder, { withFileTypes: true }))) ?? []
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

export function textOf(file: string): Promise<string | undefined> {
  return orAbsent(readFile(file, 'utf8'))
}

async function readArtifact(file: string): Promise<Artifact | undefined> {
  const text = await textOf(file)
  return text === undefined ? undefined : artifactSchema.parse(JSON.parse(text))
}

/** Whole or not at all, also after a power cut. */
async function writeDurably(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await using draft = await open(`${file}.tmp`, 'w', 0o600)
  await draft.writeFile(text)
  await draft.sync()
  await rename(`${file}.tmp`, file)
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}

async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Names become paths: `../..` must not reach this far, whoever calls. */
function fileName(name: string): string {
  if (nameSchema.safeParse(name).success) return name
  throw new ReleaseError('input/invalid', `"${name}" is not a name of a unit or version. See nameSchema for what is.`)
}
