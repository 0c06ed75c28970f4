import type { FlagService } from '../../src/ports/flag-service.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import { type AdminApiOptions, adminApi } from './admin-api.js'
import { environmentOf, rolloutStrategy, shareOf } from './feature.js'

export interface UnleashOptions extends AdminApiOptions {
  /** Default: `default`. */
  readonly project?: string
  /** The one that is rolled out; the others keep what they have. */
  readonly environment: string
}

/**
 * Rolls flags out by the gradual rollout (`flexibleRollout`) of one environment of Unleash. Constraints, segments, variants,
 * stickiness and group stay as they are. 0 % turns the environment off for the flag; any more turns it on.
 * @throws ReleaseError `input/invalid` for names and URLs that are none
 */
export function unleashFlagService({ project = 'default', environment, ...options }: UnleashOptions): FlagService {
  const api = adminApi(options)
  const features = `/projects/${segment(project)}/features`
  const environments = `/environments/${segment(environment)}`

  async function look(flag: string, signal: AbortSignal) {
    const path = `${features}/${segment(flag)}`
    const { enabled, ...rest } = environmentOf(await api('GET', path, signal), flag, environment)
    return { path: `${path}${environments}`, enabled, strategy: rolloutStrategy({ enabled, ...rest }) }
  }

  return {
    capabilities: { smallestStepPercent: 1 },

    async setRollout(flag, percent, { signal }) {
      if (!Number.isInteger(percent) || percent < 0 || percent > 100)
        throw new ReleaseError('input/invalid', `${percent} % of "${flag}": Unleash counts in whole percent, 0 to 100.`, { flag })
      const { path, enabled, strategy } = await look(flag, signal)
      // Off works whatever strategies there are: a rollback is never refused.
      if (percent === 0 && enabled) await api('POST', `${path}/off`, signal)
      if (typeof strategy === 'string') {
        if (percent === 0) return
        const says = `"${flag}" in environment "${environment}" of Unleash is not rolled out by this adapter: ${strategy}.`
        throw new ReleaseError('adapter/rejected', `${says} Leave one gradual rollout active.`, { flag, environment })
      }
      if (strategy && shareOf(strategy) !== percent) {
        const patch = [{ op: 'add', path: '/parameters/rollout', value: String(percent) }]
        await api('PATCH', `${path}/strategies/${segment(strategy.id)}`, signal, patch)
      }
      // Before it is turned on: without an active strategy Unleash would add one of its own, for everybody.
      if (!strategy && percent > 0) await api('POST', `${path}/strategies`, signal, gradualRollout(flag, percent))
      if (percent > 0 && !enabled) await api('POST', `${path}/on`, signal)
    },

    async getRollout(flag, { signal }) {
      const { enabled, strategy } = await look(flag, signal)
      if (!enabled) return 0
      return typeof strategy === 'object' ? shareOf(strategy) : 'unknown'
    },
  }
}

const gradualRollout = (flag: string, percent: number) => ({
  name: 'flexibleRollout',
  // Every value is a text. Another group would choose other users.
  parameters: { rollout: String(percent), stickiness: 'default', groupId: flag },
  constraints: [],
  segments: [],
})

/** One segment of a path, and never a way out of it. */
function segment(name: string): string {
  if (/^[\w.~-]+$/.test(name) && !/^\.+$/.test(name)) return name
  throw new ReleaseError('input/invalid', `${JSON.stringify(name)} is not a name in Unleash.`)
}
