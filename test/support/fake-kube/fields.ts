/** A part of a JSON document. */
export type Json = Record<string, unknown>

/** Lists whose items are told apart by these fields, in workloads. All other lists are atomic. */
const listKeys: Record<string, readonly string[]> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'protocol'],
}
type Step = string | { readonly keys: Json }

export interface Leaf {
  readonly path: readonly Step[]
  readonly value: unknown
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every field of an object that can have an owner, by its path. */
export function leavesOf(value: unknown, path: readonly Step[] = []): Map<string, Leaf> {
  const last = path.at(-1)
  const keys = typeof last === 'string' && path[0] === 'spec' ? listKeys[last] : undefined
  if (Array.isArray(value) && keys && value.every((item) => isObject(item) && keys[0]! in item))
    return new Map(value.flatMap((item: Json) => [...leavesOf(item, [...path, { keys: pick(item, keys) }])]))
  if (isObject(value) && Object.keys(value).length > 0)
    return new Map(Object.entries(value).flatMap(([key, member]) => [...leavesOf(member, [...path, key])]))
  return new Map([[nameOf(path), { path, value }]])
}

const pick = (item: Json, keys: readonly string[]) =>
  Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]]))

/** As the API server writes it in conflicts. */
export const nameOf = (path: readonly Step[]) =>
  path
    .map((step) =>
      typeof step === 'string'
        ? `.${step}`
        : `[${JSON.stringify(step.keys)
            .slice(1, -1)
            .replaceAll('":', '"=')
            .replaceAll(/"(\w+)"=/g, '$1=')}]`,
    )
    .join('')

function stepInto(parent: unknown, step: Step): unknown {
  if (typeof step === 'string') return isObject(parent) ? parent[step] : undefined
  return Array.isArray(parent)
    ? parent.find((item) => Object.entries(step.keys).every(([key, value]) => item[key] === value))
    : undefined
}

export const valueAt = (root: unknown, path: readonly Step[]) => path.reduce(stepInto, root)

export function setAt(root: Json, { path, value }: Leaf): void {
  let place: unknown = root
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    let next = isLast ? value : stepInto(place, step)
    if (next === undefined) next = typeof path[index + 1] === 'object' ? [] : typeof step === 'object' ? { ...step.keys } : {}
    if (typeof step === 'string') (place as Json)[step] = next
    else if (!(place as unknown[]).includes(next)) (place as unknown[]).push(next)
    place = next
  }
}

/** Whether a field is one by which its item is told from others. */
export function isKey(path: readonly Step[]): boolean {
  const [item, last] = path.slice(-2)
  return typeof item === 'object' && typeof last === 'string' && last in item.keys
}

/** An item of a list goes with the last of its fields. */
export function removeAt(root: Json, path: readonly Step[]): void {
  const parent = valueAt(root, path.slice(0, -1))
  const last = path.at(-1)
  if (isObject(parent) && typeof last === 'string') delete parent[last]
  const list = typeof path.at(-2) === 'object' ? valueAt(root, path.slice(0, -2)) : undefined
  if (Array.isArray(list) && Object.keys(parent as Json).length === 0) list.splice(list.indexOf(parent), 1)
}
