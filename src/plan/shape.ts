import { type Problem, pathText } from './plan-error.js'

/** Far more than any plan needs, and few enough that checking them costs nothing and overflows no stack. */
const deepest = 40
const mostValues = 50_000

/**
 * What is wrong with a value before anybody asks whether it is a plan: nested too deep (or in a circle), too large, or with
 * a key that JavaScript would take for something else.
 */
export function shapeProblem(root: unknown): Problem | undefined {
  const stack: { readonly value: unknown; readonly path: readonly string[] }[] = [{ value: root, path: [] }]
  let values = 0
  for (let item = stack.pop(); item; item = stack.pop()) {
    const { value, path } = item
    if (++values > mostValues) return { path: '', says: `holds more than ${mostValues} values. Split it into several plans.` }
    if (typeof value !== 'object' || value === null) continue
    // An array that claims a length it does not have is walked to its end by everybody else.
    if (Array.isArray(value) && value.length > mostValues)
      return { path: pathText(path), says: `holds more than ${mostValues} values. Split it into several plans.` }
    if (path.length >= deepest) return { path: pathText(path.slice(0, 5)), says: `is nested deeper than ${deepest} levels.` }
    for (const key of Object.keys(value)) {
      if (key === '__proto__') return { path: pathText(path), says: 'has a key "__proto__". Choose another name.' }
      stack.push({ value: (value as Record<string, unknown>)[key], path: [...path, key] })
    }
  }
  return undefined
}
