import { z } from 'zod'
import type { FlagService } from '../ports/flag-service.js'
import type { Hook, HookRequest } from '../ports/hook.js'
import { ReleaseError } from '../vocabulary/errors.js'

const percent = z.number().min(0).max(100)
const inputSchema = z.strictObject({ flag: z.string().min(1), percent, before: percent.default(0) })

/**
 * A flag rollout as steps of a plan: bind both, and write `run('flag', { input: { flag: 'new-basket', percent: 25 }, undo: 'unflag' })`.
 * Each sets the share, reads it back from the product, and passes only when that share is in force.
 *
 * @returns `set` turns the flag on for `percent` of the users; `undo` goes back to `before`, which is 0 unless the input says otherwise
 * @throws (the hooks) ReleaseError `input/invalid` for another input; `adapter/unverified` while another share is in force
 */
export function flagHooks(service: FlagService): { readonly set: Hook; readonly undo: Hook } {
  const to =
    (share: 'percent' | 'before'): Hook =>
    async (request, options) => {
      const input = inputOf(request)
      const wanted = input[share]
      await service.setRollout(input.flag, wanted, options)
      const inForce = await service.getRollout(input.flag, options)
      if (inForce === wanted) return { outcome: 'pass', says: `"${input.flag}" is on for ${inForce} % of the users.` }
      throw new ReleaseError(
        'adapter/unverified',
        `"${input.flag}" was to be on for ${wanted} % of the users, and its service says ${inForce}.`,
        { flag: input.flag },
      )
    }
  return { set: to('percent'), undo: to('before') }
}

function inputOf({ unit, stage, input }: HookRequest) {
  const parsed = inputSchema.safeParse(input)
  if (parsed.success) return parsed.data
  const says = `The flag step of "${unit}" in "${stage}" needs an input like { "flag": "new-basket", "percent": 25 }: `
  throw new ReleaseError('input/invalid', `${says}${z.prettifyError(parsed.error)}`)
}
