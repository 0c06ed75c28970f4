import { type ReleaseSnapshot, stateOf } from '../lifecycle/release.js'
import { isRouted } from '../lifecycle/track-context.js'
import { sayWeight } from './words.js'

/** What users get from one unit in one stage, as far as the journal knows. */
export interface LiveUnit {
  readonly track: string
  readonly stage: string
  readonly unit: string
  /** Which share of traffic is on which version; empty where nothing is live, or where it cannot be told. */
  readonly shares: readonly { readonly version: string; readonly percent: number; readonly isNew: boolean }[]
  /** The same in words: "1.9.0 with 95 %, 2.0.0 with 5 %". */
  readonly says: string
}

/** What is live now, for each unit in each stage. */
export function liveNow(snapshot: ReleaseSnapshot): LiveUnit[] {
  return snapshot.program.tracks.flatMap(({ id, stage, unit }) =>
    unit === null ? [] : [{ track: id, stage, unit, ...sharesOf(snapshot, id) }],
  )
}

function sharesOf({ tracks }: ReleaseSnapshot, id: string): Pick<LiveUnit, 'shares' | 'says'> {
  const track = tracks[id]
  if (track === undefined) return { shares: [], says: 'not known before the release is validated' }
  const { setting, weight } = track.context
  const state = stateOf(track)
  const [old, fresh] = [setting.stable?.version, setting.canary?.version]
  const all = (version: string | undefined, isNew: boolean) =>
    version === undefined ? { shares: [], says: 'nothing' } : { shares: [{ version, percent: 100, isNew }], says: version }
  if (state === 'promoted') return all(fresh, true)
  if (state === 'proposed' || state === 'rolledBack') return all(old, false)
  if (!isRouted(track.context)) return { shares: [], says: `${old ?? 'nothing'}, being replaced by ${fresh}` }
  const shares = [
    { version: old ?? 'nothing', percent: Math.round((100 - weight) * 100) / 100, isNew: false },
    { version: fresh ?? 'nothing', percent: weight, isNew: true },
  ].filter(({ percent }) => percent > 0)
  const says = shares.map(({ version, percent }) => (percent === 100 ? version : `${version} with ${sayWeight(percent)}`))
  return { shares, says: says.join(', ') }
}
