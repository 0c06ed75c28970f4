import type { FlagService } from '../../src/ports/flag-service.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { weightSchema } from '../../src/vocabulary/weight.js'
import { changeFlag, readFlags } from './flag-file.js'
import { shareOf, type Variants } from './share.js'

export interface FlagdOptions extends Partial<Variants> {
  /** The flag definitions that flagd, or an in-process provider, watches: JSON. */
  readonly file: string
}

/**
 * Rolls flags out by the fractional targeting in a flag file of flagd. Flags must be there already, with the variants `on`
 * and `off` (by default of these names) and `off` as their default.
 */
export function flagdFlagService({ file, on = 'on', off = 'off' }: FlagdOptions): FlagService {
  let turn: Promise<unknown> = Promise.resolve()

  async function look(flag: string) {
    const { text, document } = await readFlags(file)
    const definition = Object.hasOwn(document.flags, flag) ? document.flags[flag] : undefined
    if (definition === undefined)
      throw new ReleaseError(
        'adapter/rejected',
        `There is no flag "${flag}" in ${file}. Add it, with the variants "${on}" and "${off}".`,
        {
          flag,
          file,
        },
      )
    return { text, definition, share: shareOf(definition, { on, off }) }
  }

  return {
    capabilities: { smallestStepPercent: 0.01 },

    async setRollout(flag, percent, { signal }) {
      if (!weightSchema.safeParse(percent).success)
        throw new ReleaseError('input/invalid', `${percent} % of "${flag}" is not 0 to 100 % with two decimals at most.`, {
          flag,
        })
      const change = async () => {
        signal.throwIfAborted()
        const { text, definition, share } = await look(flag)
        if ('because' in share)
          throw new ReleaseError(
            'adapter/rejected',
            `"${flag}" in ${file} is not rolled out by this adapter: ${share.because}. Change the flag, or roll it out by hand.`,
            { flag, file },
          )
        if (share.percent === percent && definition.state === 'ENABLED') return
        signal.throwIfAborted()
        await changeFlag(file, text, flag, { state: 'ENABLED', targeting: share.targetingFor(percent) })
      }
      // One change of the file after the other.
      const changed = turn.then(change)
      turn = changed.catch(() => {})
      await changed
    },

    async getRollout(flag, { signal }) {
      signal.throwIfAborted()
      const { definition, share } = await look(flag)
      // Of a disabled flag the application itself decides.
      return 'because' in share || definition.state !== 'ENABLED' ? 'unknown' : share.percent
    },
  }
}
