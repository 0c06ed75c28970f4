import type { KubernetesRoute } from './route.js'

/** One operation of a JSON Patch (RFC 6902). */
export type Edit =
  | { readonly op: 'test' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export const add = (path: string, value: unknown): Edit => ({ op: 'add', path, value })
export const remove = (path: string): Edit => ({ op: 'remove', path })
const test = (path: string, value: unknown): Edit => ({ op: 'test', path, value })

/** Annotations by name; none of a name where it says `undefined`. */
export type Notes = Readonly<Record<string, string | undefined>>

/** A JSON Patch that does nothing unless the spec is still the one that was read; none where nothing changes. */
export function patchOf(route: KubernetesRoute, edits: readonly Edit[], notes: Notes): Edit[] | undefined {
  const all = [...edits, ...noteEdits(route, notes)]
  if (all.length === 0) return undefined
  // Not the resource version: gateways write the status whenever they like, and that is no reason to begin again.
  return [test('/metadata/generation', route.metadata.generation), ...all]
}

function noteEdits({ metadata: { annotations, resourceVersion } }: KubernetesRoute, notes: Notes): Edit[] {
  const changed = Object.entries(notes).filter(([name, text]) => annotations?.[name] !== text)
  if (changed.length === 0) return []
  // Where there are no annotations yet, the first ones must not replace those that somebody else is the first to write.
  if (!annotations)
    return [test('/metadata/resourceVersion', resourceVersion), add('/metadata/annotations', Object.fromEntries(changed))]
  return changed.map(([name, text]) => {
    const path = `/metadata/annotations/${name.replace('/', '~1')}`
    return text === undefined ? remove(path) : add(path, text)
  })
}
