import { ReleaseError } from '../vocabulary/errors.js'

/** One thing wrong with a plan. `path` is as JavaScript would write it: `stages[0].strategy.steps[2].weight`. */
export interface Problem {
  readonly path: string
  readonly says: string
}

const shown = 10
/** Longest line: a name in it may be as long as its author likes. */
const longestLine = 1_000

/** `plan/invalid` with every problem, worst case the first ten of them. */
export function planError(problems: readonly Problem[]): ReleaseError {
  const lines = problems.slice(0, shown).map(({ path, says }) => `  ${path || 'the plan'}: ${says}`.slice(0, longestLine))
  const more = problems.length > shown ? `\n  and ${problems.length - shown} more` : ''
  return new ReleaseError('plan/invalid', `The plan cannot be run:\n${lines.join('\n')}${more}`, {
    path: (problems[0]?.path ?? '').slice(0, longestLine),
    problems: problems.length,
  })
}

/** `['stages', 0, 'name']` as `stages[0].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`
      return /^[A-Za-z_$][\w$]*$/.test(String(part)) ? `.${String(part)}` : `[${JSON.stringify(String(part).slice(0, 60))}]`
    })
    .join('')
    .replace(/^\./, '')
}
