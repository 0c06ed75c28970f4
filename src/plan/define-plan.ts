import type { z } from 'zod'
import { jsonHash } from '../vocabulary/canonical-json.js'
import type { Bindings, BindingsIn, Unseen } from './bindings.js'
import { checkPlan } from './check.js'
import { type Problem, pathText, planError } from './plan-error.js'
import { type PlanInput, type PlanTree, planSchema } from './plan-schema.js'
import { shapeProblem } from './shape.js'

declare const names: unique symbol

/** A checked, frozen plan. `B` are the binding names the types have seen in it; nothing of `B` exists at run time. */
export type Plan<B extends Bindings = Bindings> = PlanTree & { readonly [names]?: B }

/** Plans larger than this are refused before they are parsed: a journal holds every plan it runs. */
const longestText = 256 * 1024

/**
 * Checks a plan written in TypeScript. Defaults are filled in, so that the result says all it means; it is frozen, plain JSON.
 * @throws ReleaseError `plan/invalid`, naming every path that is wrong and what to do about it
 */
export function definePlan<const P extends PlanInput>(plan: P): Plan<BindingsIn<P>> {
  return parsePlan(plan) as Plan<BindingsIn<P>>
}

/**
 * Checks a plan that was parsed from JSON or YAML. What it binds is checked when a release starts.
 * @throws ReleaseError `plan/invalid`
 */
export function parsePlan(value: unknown): Plan<Unseen> {
  if (typeof value === 'object' && value !== null && hashes.has(value)) return value as Plan<Unseen>
  const parsed = read(value)
  if (!parsed.success) throw planError(parsed.error.issues.map(problemOf))
  const problems = checkPlan(parsed.data)
  if (problems.length > 0) throw planError(problems)
  const plan = settled(parsed.data)
  hashes.set(plan, undefined)
  return plan as Plan<Unseen>
}

/** Plans that were checked, and are frozen since: none has to be checked again, or hashed twice. */
const hashes = new WeakMap<object, string | undefined>()

function read(value: unknown) {
  let misshapen: Problem | undefined
  try {
    misshapen = shapeProblem(value)
    if (misshapen === undefined) return planSchema.safeParse(value)
  } catch {
    // A getter or a proxy that throws.
    misshapen = { path: '', says: 'cannot be read. Give plain data.' }
  }
  throw planError([misshapen])
}

/**
 * Reads a plan from JSON text, at most 256 KiB. A key that comes twice is refused: readers would see the one, and a release
 * would run the other.
 * @throws ReleaseError `plan/invalid`
 */
export function planFromJson(text: string): Plan<Unseen> {
  if (text.length > longestText)
    throw planError([{ path: '', says: `is longer than ${longestText} characters. Split it into several plans.` }])
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw planError([{ path: '', says: `is not JSON (${(error as Error).message}). Check it with a JSON linter.` }])
  }
  const twice = keyTwice(text)
  if (twice !== undefined)
    throw planError([{ path: '', says: `has the key ${twice.slice(0, 60)} twice in one place. Keep one.` }])
  return parsePlan(value)
}

/** The first key that an object of a JSON text has twice, as it is written there. */
function keyTwice(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (name !== undefined) {
      const key = String(JSON.parse(name))
      if (open.at(-1)?.has(key)) return name
      open.at(-1)?.add(key)
    }
  }
  return undefined
}

/** SHA-256 of the plan's canonical JSON: equal for equal plans, whoever wrote them and in whichever order. */
export function planHash(plan: PlanTree): string {
  const hash = hashes.get(plan) ?? jsonHash(plan)
  if (hashes.has(plan)) hashes.set(plan, hash)
  return hash
}

function problemOf(issue: z.core.$ZodIssue) {
  const path = pathText(issue.path)
  if (issue.code === 'unrecognized_keys')
    return {
      path,
      says: `does not know ${issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ')}. Check the spelling.`,
    }
  return { path, says: issue.message }
}

/** Frozen, and its members in the order in which a journal gives them back: so it is the same plan in every process. */
function settled<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(settled)) as T
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.freeze(Object.fromEntries(members.map(([key, item]) => [key, settled(item)]))) as T
}
